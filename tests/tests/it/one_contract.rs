//! A service of axum with the layers of both crates answers everything in the one contract.

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use ticketkit_auth::{axum::CurrentUser, testing::TestAuth};
use ticketkit_core::{ErrorLayer, Problem, ServiceError, axum::Json};
use tower::{Layer as _, ServiceExt as _};

/// What must never reach a client.
const CANARY: &str = "canary-4711";

#[derive(Debug, thiserror::Error, ServiceError)]
enum TicketError {
    #[error("ticket 7 is reserved by {CANARY}")]
    #[problem(status = 409, code = "ticket_reserved", detail = "Someone else is buying it.")]
    Reserved,
    #[error("no connection to {CANARY}")]
    #[problem(internal)]
    Store,
}

#[derive(Debug, Deserialize)]
struct NewTicket {
    price: i64,
}

async fn answer(auth: &TestAuth, request: Request<Body>) -> Response<Body> {
    let router = Router::new()
        .route("/reserved", get(async || -> Result<(), TicketError> { Err(TicketError::Reserved) }))
        .route("/store", get(async || -> Result<(), TicketError> { Err(TicketError::Store) }))
        .route("/bug", get(async || -> () { panic!("{CANARY}") }))
        .route("/mine", get(async |user: CurrentUser| user.email().to_owned()))
        .route(
            "/tickets",
            post(async |_: CurrentUser, Json(new): Json<NewTicket>| new.price.to_string()),
        );
    let service = ErrorLayer::new("tickets").layer(auth.layer().layer(router));
    match service.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

async fn body(response: Response<Body>) -> Vec<u8> {
    response.into_body().collect().await.expect("it is read whole").to_bytes().to_vec()
}

/// Holds the response against what the contract says of every error, and returns the document.
async fn problem(response: Response<Body>) -> Problem {
    let status = response.status();
    let headers = response.headers().clone();
    assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    let bytes = body(response).await;
    let text = String::from_utf8(bytes.clone()).expect("it is text");
    assert!(!text.contains(CANARY), "{text}");

    let problem = Problem::parse(&bytes).expect("it is a problem");
    let document: serde_json::Value = serde_json::from_slice(&bytes).expect("it is JSON");
    assert_eq!(document["status"], status.as_u16());
    assert_eq!(document["service"], "tickets");
    let id = headers["x-request-id"].to_str().expect("it is text");
    assert_eq!(document["instance"], format!("urn:uuid:{id}"));
    assert!(document["errors"][0]["message"].is_string(), "{text}");
    problem
}

fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path)
}

#[tokio::test]
async fn whatever_goes_wrong_is_a_problem_with_its_code() {
    let auth = TestAuth::new();
    for (method, path, status, code) in [
        ("GET", "/reserved", 409, "ticket_reserved"),
        ("GET", "/store", 500, "internal"),
        ("GET", "/bug", 500, "internal"),
        ("GET", "/mine", 401, "unauthenticated"),
        ("POST", "/tickets", 401, "unauthenticated"),
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/tickets", 405, "method_not_allowed"),
    ] {
        let response = answer(&auth, request(method, path).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), status, "{method} {path}");
        if status == 405 {
            assert_eq!(response.headers()[header::ALLOW], "POST");
        }
        assert_eq!(problem(response).await.code.as_str(), code, "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_is_judged_only_for_a_caller_who_may_send_one() {
    let auth = TestAuth::new();
    let cookie = auth.cookie("ada@example.com");
    for (cookie, text, status, code) in [
        (None, "{", 401, "unauthenticated"),
        (Some(&cookie), "{", 400, "malformed_json"),
        (Some(&cookie), r#"{"price": "much"}"#, 400, "malformed_body"),
    ] {
        let mut request = request("POST", "/tickets").header("content-type", "application/json");
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        let response = answer(&auth, request.body(Body::from(text)).unwrap()).await;
        assert_eq!(response.status(), status, "{text}");
        let problem = problem(response).await;
        assert_eq!(problem.code.as_str(), code, "{text}");
        if code == "malformed_body" {
            assert_eq!(problem.errors[0].field.as_deref(), Some("price"));
            assert_eq!(problem.errors[0].pointer.as_deref(), Some("/price"));
        }
    }
}

#[tokio::test]
async fn a_success_passes_both_layers_as_it_is() {
    let auth = TestAuth::new();
    let request = request("GET", "/mine").header("cookie", auth.cookie("ada@example.com"));
    let response = answer(&auth, request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(body(response).await, b"ada@example.com");
}

#[tokio::test]
async fn a_request_keeps_an_id_that_is_a_uuid_and_loses_any_other() {
    let auth = TestAuth::new();
    for (sent, kept) in [("0190b5a0-7e3c-7d8e-8a55-2f6d6f0f9b11", true), (CANARY, false)] {
        let request = request("GET", "/reserved").header("x-request-id", sent);
        let response = answer(&auth, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["x-request-id"] == sent, kept, "{sent}");
        problem(response).await;
    }
}
