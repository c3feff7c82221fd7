//! Who asks is found out once, kept signed in, and told on.

use std::net::SocketAddr;

use axum::{Extension, extract::ConnectInfo};
use http::Method;
use serde_json::json;

use crate::{
    browser::{get, post, send},
    canned::{id, order},
    fake::Fake,
};

const REFRESH: &str = "/api/users/refresh";

#[tokio::test]
async fn a_session_that_ran_out_is_refreshed_once_and_goes_on() {
    let fake = Fake::default();
    let more = [("cookie", "ticketkit=old; ticketkit-refresh=good; theme=x")];
    let page = send(&fake.pages(), "GET", "/account", "", "", &more).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.has("buyer@example.com");
    assert_eq!(fake.calls(&Method::POST, REFRESH).len(), 1);
    let set: Vec<_> = page.headers.get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set[0].to_str().unwrap().starts_with("ticketkit=buyer; HttpOnly"));
    assert_eq!(page.header("cache-control"), "no-store");
    // The rest of the request has the fresh session, and the foreign cookie still.
    let sessions = fake.calls(&Method::GET, "/api/users/sessions");
    assert_eq!(sessions[0].headers["cookie"], "theme=x; ticketkit=buyer; ticketkit-refresh=next");
}

#[tokio::test]
async fn a_form_sent_after_the_session_ran_out_is_not_lost() {
    let fake = Fake::default();
    let more = [("cookie", "ticketkit-refresh=good")];
    let form = format!("ticketId={}", id(100));
    let answer = send(&fake.pages(), "POST", "/orders", "", &form, &more).await;
    assert_eq!(answer.location(), format!("/orders/{}", id(200)));
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_call_refused_for_its_time_alone_is_sent_again() {
    let fake = Fake::default();
    let path = format!("/api/orders/{}", id(201));
    fake.refuse(Method::GET, &path, 401, "session_expired");
    let more = [("cookie", "ticketkit=buyer; ticketkit-refresh=good")];
    let page = send(&fake.pages(), "GET", &format!("/orders/{}", id(201)), "", "", &more).await;
    // It is refused again, since the script says so: the person signs in, and comes back.
    assert_eq!(page.location(), format!("/auth/signin?next=%2Forders%2F{}", id(201)));
    assert_eq!(fake.calls(&Method::GET, &path).len(), 2);
    assert_eq!(fake.calls(&Method::POST, REFRESH).len(), 1);
}

#[tokio::test]
async fn a_dead_refresh_token_means_signed_out() {
    let fake = Fake::default();
    let pages = fake.pages();
    let more = [("cookie", "ticketkit=old; ticketkit-refresh=bad")];
    let page = send(&pages, "GET", "/orders?after=x", "", "", &more).await;
    assert_eq!(page.location(), "/auth/signin?next=%2Forders%3Fafter%3Dx");
    send(&pages, "GET", "/", "", "", &more).await.has("Sign up");
}

#[tokio::test]
async fn nobody_is_not_looked_up() {
    let fake = Fake::default();
    get(&fake.pages(), "/", "").await;
    let called: Vec<String> = fake.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(called, ["/api/tickets"]);
}

#[tokio::test]
async fn the_services_learn_what_the_page_was_told() {
    let fake = Fake::default();
    let request = "01931f2e-7c4a-7000-8000-00000000beef";
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let more = [
        ("x-request-id", request),
        ("traceparent", trace),
        ("x-forwarded-for", "192.0.2.1"),
        ("authorization", "Bearer stolen"),
        ("sec-fetch-site", "cross-site"),
        ("cookie", "ticketkit=old; ticketkit-refresh=good"),
    ];
    // A link on another site: the person is still who they are.
    let page = send(&fake.pages(), "GET", "/account", "", "", &more).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("x-request-id"), request);
    let call = &fake.calls(&Method::GET, "/api/users/sessions")[0];
    for (name, value) in &more[..3] {
        assert_eq!(call.headers[*name], value, "{name}");
    }
    assert_eq!(call.headers["user-agent"], "test browser");
    assert!(!call.headers.contains_key("authorization"));
    let refresh = &fake.calls(&Method::POST, REFRESH)[0];
    assert!(!refresh.headers.contains_key("sec-fetch-site"));
    assert!(!refresh.headers.contains_key("origin"));

    fake.on(Method::POST, "/api/orders", 201, order(200, "created"));
    post(&fake.pages(), "/orders", "buyer", &format!("ticketId={}", id(100))).await;
    let call = &fake.calls(&Method::POST, "/api/orders")[0];
    assert_eq!(call.headers["origin"], "http://127.0.0.1:3000");
    assert_eq!(call.headers["sec-fetch-site"], "same-origin");
}

#[tokio::test]
async fn an_auth_service_that_is_away_signs_nobody_out() {
    let fake = Fake::default();
    fake.refuse(Method::GET, "/api/users/currentuser", 503, "auth_stale");
    let pages = fake.pages();
    assert_eq!(get(&pages, "/orders", "buyer").await.status, 503);
    assert_eq!(get(&pages, "/", "buyer").await.status, 200);
    fake.on(Method::GET, "/api/users/currentuser", 500, json!("down"));
    assert_eq!(get(&pages, "/orders", "buyer").await.status, 502);
    assert_eq!(get(&pages, "/", "buyer").await.status, 200);
}

#[tokio::test]
async fn the_services_learn_from_where_the_browser_came() {
    let fake = Fake::default();
    let from: SocketAddr = "192.0.2.7:1234".parse().unwrap();
    let pages = fake.pages().layer(Extension(ConnectInfo(from)));
    post(&pages, "/auth/signin", "", "email=a%40b.c&password=x").await;
    assert_eq!(fake.calls(&Method::POST, "/api/users/signin")[0].address, Some(from));
}
