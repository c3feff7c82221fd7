//! X1 to X8.

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use http::{Method, Request, Response, StatusCode};
use ticketkit_auth::{CookiePolicy, CrossSiteLayer};
use ticketkit_core::Problem;
use tower::ServiceExt as _;

const SESSION: (&str, &str) = ("cookie", "__Host-ticketkit=x");

fn layer() -> CrossSiteLayer {
    let policy = CookiePolicy::for_url("https://tickets.example.com").expect("https");
    CrossSiteLayer::new(policy).trust("https://app.example.org").expect("an origin")
}

fn router() -> Router {
    let all =
        get(async || "").post(async || "").put(async || "").delete(async || "").patch(async || "");
    Router::new()
        .route("/things", all.route_layer(layer()))
        .route("/signin", post(async || "").route_layer(layer().always()))
}

async fn send(method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request =
        Request::builder().method(method).uri(path).header("host", "tickets.example.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    router().oneshot(request).await.expect("a router never fails")
}

async fn status(method: &str, path: &str, headers: &[(&str, &str)]) -> StatusCode {
    send(method, path, headers).await.status()
}

async fn post_status(headers: &[(&str, &str)]) -> StatusCode {
    status("POST", "/things", &[&[SESSION], headers].concat()).await
}

#[tokio::test]
async fn x1_unsafe_methods_with_a_session_are_judged_and_safe_ones_are_not() {
    let foreign = [SESSION, ("sec-fetch-site", "cross-site")];
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        assert_eq!(status(method.as_str(), "/things", &foreign).await, 403, "{method}");
        let own = [SESSION, ("sec-fetch-site", "same-origin")];
        assert_eq!(status(method.as_str(), "/things", &own).await, 200, "{method}");
    }
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(status(method.as_str(), "/things", &foreign).await, 200, "{method}");
    }
    assert_eq!(post_status(&[("sec-fetch-site", "none")]).await, 200, "typed by the user");
    assert_eq!(post_status(&[("sec-fetch-site", "")]).await, 403);
    assert_eq!(post_status(&[("sec-fetch-site", "something-new")]).await, 403);
    assert_eq!(post_status(&[]).await, 200, "no browser");
    let anonymous = [("sec-fetch-site", "cross-site")];
    assert_eq!(status("POST", "/things", &anonymous).await, 200, "nothing to abuse");
}

#[tokio::test]
async fn x1_the_refusal_is_the_problem_of_the_contract() {
    let response = send("POST", "/things", &[SESSION, ("sec-fetch-site", "cross-site")]).await;
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
    let problem = Problem::parse(&body).expect("a problem");
    assert_eq!(problem.code.as_str(), "cross_site_request");
}

#[tokio::test]
async fn x1_the_refresh_cookie_is_a_session_too() {
    let headers = [("cookie", "__Host-ticketkit-refresh=x"), ("sec-fetch-site", "cross-site")];
    assert_eq!(status("POST", "/things", &headers).await, 403);
}

#[tokio::test]
async fn x1_older_browsers_are_judged_by_their_origin() {
    for (origin, expected) in [
        ("https://tickets.example.com", 200),
        ("https://tickets.example.com:443", 200),
        ("https://TICKETS.example.com", 200),
        ("https://app.example.org", 200),
        ("https://tickets.example.com:8443", 403),
        ("http://tickets.example.com", 403),
        ("https://evil.com", 403),
        ("https://tickets.example.com.evil.com", 403),
        ("https://evil.com/tickets.example.com", 403),
        ("https://tickets.example.com@evil.com", 403),
        ("", 403),
    ] {
        assert_eq!(post_status(&[("origin", origin)]).await, expected, "{origin}");
    }
    let twice = [("origin", "https://tickets.example.com"), ("origin", "https://evil.com")];
    assert_eq!(post_status(&twice).await, 403);
    let twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
    assert_eq!(post_status(&twice).await, 403);
}

#[tokio::test]
async fn x2_a_sibling_subdomain_is_another_site_unless_trusted() {
    let sibling = [("sec-fetch-site", "same-site"), ("origin", "https://blog.example.com")];
    assert_eq!(post_status(&sibling).await, 403);
    assert_eq!(post_status(&[("sec-fetch-site", "same-site")]).await, 403);
    let trusted = [("sec-fetch-site", "cross-site"), ("origin", "https://app.example.org")];
    assert_eq!(post_status(&trusted).await, 200);
}

#[tokio::test]
async fn x3_a_null_origin_is_another_site() {
    assert_eq!(post_status(&[("origin", "null")]).await, 403);
    assert_eq!(post_status(&[("origin", "null"), ("sec-fetch-site", "cross-site")]).await, 403);
}

#[tokio::test]
async fn x4_the_content_type_does_not_matter() {
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json"] {
        let headers = [("content-type", content_type), ("sec-fetch-site", "cross-site")];
        assert_eq!(post_status(&headers).await, 403, "{content_type}");
    }
}

#[tokio::test]
async fn x5_headers_that_override_the_method_are_ignored() {
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let headers = [(name, "GET"), ("sec-fetch-site", "cross-site")];
        assert_eq!(post_status(&headers).await, 403, "{name}");
    }
}

#[tokio::test]
async fn x6_a_bearer_token_alone_is_exempt() {
    let foreign = ("sec-fetch-site", "cross-site");
    let bearer = ("authorization", "Bearer x");
    assert_eq!(status("POST", "/things", &[bearer, foreign]).await, 200);
    assert_eq!(status("POST", "/signin", &[bearer, foreign]).await, 200);
    assert_eq!(status("POST", "/things", &[bearer, foreign, SESSION]).await, 403);
}

#[tokio::test]
async fn x7_behind_a_proxy_the_public_url_counts_and_the_host_too() {
    let ask = async |host: &str, origin: &str| {
        let request = Request::post("/things")
            .header("host", host)
            .header("cookie", SESSION.1)
            .header("origin", origin)
            .body(Body::empty())
            .expect("a request");
        router().oneshot(request).await.expect("a router never fails").status()
    };
    assert_eq!(ask("10.0.0.7:8080", "https://tickets.example.com").await, 200);
    assert_eq!(ask("10.0.0.7:8080", "https://evil.com").await, 403);
    assert_eq!(ask("other.example:8443", "https://other.example:8443").await, 200);
    assert_eq!(ask("other.example:8443", "https://other.example").await, 403);
    assert_eq!(ask("other.example", "https://other.example:443").await, 200);
}

#[tokio::test]
async fn x8_what_sets_a_session_is_judged_without_one() {
    let foreign = [("sec-fetch-site", "cross-site")];
    assert_eq!(status("POST", "/signin", &foreign).await, 403);
    assert_eq!(status("POST", "/signin", &[("origin", "https://evil.com")]).await, 403);
    assert_eq!(status("POST", "/signin", &[("sec-fetch-site", "same-origin")]).await, 200);
    assert_eq!(status("POST", "/signin", &[]).await, 200);
}

#[tokio::test]
async fn route_and_method_are_judged_before() {
    let foreign = [SESSION, ("sec-fetch-site", "cross-site")];
    let response = send("DELETE", "/signin", &foreign).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(status("POST", "/nothing", &foreign).await, 404);
}
