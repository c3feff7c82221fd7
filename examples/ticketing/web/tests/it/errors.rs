//! Refusals and failures: a page for a browser, the problem for everybody else.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http::{Method, Request};
use http_body::Frame;
use serde_json::json;
use tower::ServiceExt;

use crate::{
    browser::{get, post, send},
    canned::{id, problem},
    fake::Fake,
    parked::Engine,
};

#[tokio::test]
async fn a_browser_gets_a_page_and_a_program_the_problem() {
    let pages = Fake::default().pages();
    for (method, path, status, code) in [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/orders/none", 404, "not_found"),
        ("GET", "/admin/users", 403, "forbidden"),
        ("POST", "/account", 405, "method_not_allowed"),
        ("PUT", "/tickets/new", 405, "method_not_allowed"),
    ] {
        let page = send(&pages, method, path, "buyer", "", &[]).await;
        assert_eq!(page.status, status, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        page.has("<h1>").has("To the tickets");
        let json = send(&pages, method, path, "buyer", "", &[("accept", "application/json")]).await;
        assert_eq!(json.status, status, "{path}");
        assert_eq!(json.header("content-type"), "application/problem+json");
        json.has(&format!("\"code\":\"{code}\""));
        for answer in [page, json] {
            assert_eq!(answer.headers.contains_key("allow"), status == 405, "{path}");
        }
    }
}

#[tokio::test]
async fn a_path_of_programs_is_never_answered_with_a_page() {
    let pages = Fake::default().pages();
    for path in ["/api", "/api/nothing", "/.well-known/nothing", "/metrics"] {
        let answer = get(&pages, path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let page = get(&pages, "/apiary", "").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_form_that_never_ends_is_given_up() {
    let never = Body::new(Endless);
    let request = Request::post("/auth/signin")
        .header("host", "127.0.0.1:3000")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(never)
        .unwrap();
    let answer = Fake::default().hasty_pages().oneshot(request);
    let answer = tokio::time::timeout(Duration::from_secs(10), answer).await;
    assert_eq!(answer.expect("it is answered").unwrap().status(), 504);
}

#[tokio::test]
async fn another_sites_form_does_nothing() {
    let fake = Fake::default();
    let pages = fake.pages();
    for path in ["/auth/signin", "/auth/signup", "/auth/signout", "/orders", "/tickets/new"] {
        for more in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:4000")],
            &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        ] {
            let page = send(&pages, "POST", path, "buyer", "title=x", more).await;
            assert_eq!(page.status, 403, "{path} {more:?}");
            page.has("from another site");
            let page = send(&pages, "POST", path, "", "title=x", more).await;
            assert_eq!(page.status, 403, "{path} {more:?}, signed out");
        }
    }
    assert!(fake.seen().iter().all(|seen| seen.method == Method::GET), "{:?}", fake.seen());
}

#[tokio::test]
async fn nothing_internal_is_shown() {
    let fake = Fake::default();
    fake.on(Method::GET, "/api/tickets", 500, json!({ "canary": "c4n4ry" }));
    let page = get(&fake.pages(), "/", "").await;
    assert_eq!(page.status, 502);
    page.lacks("c4n4ry").has(page.header("x-request-id"));
    fake.on(Method::GET, "/api/tickets", 200, json!({ "items": [{ "canary": "c4n4ry" }] }));
    let page = get(&fake.pages(), "/", "").await;
    assert_eq!(page.status, 502);
    page.lacks("c4n4ry");
}

#[tokio::test]
async fn a_form_beyond_its_limit_or_of_another_type_is_refused() {
    let pages = Fake::default().pages();
    let long = format!("title={}", "a".repeat(65 * 1024));
    assert_eq!(post(&pages, "/tickets/new", "seller", &long).await.status, 413);
    let more = [("content-type", "text/plain")];
    let page = send(&pages, "POST", "/tickets/new", "seller", "{}", &more).await;
    assert_eq!(page.status, 415);
}

#[tokio::test]
async fn administrators_ban_lift_and_learn_what_was_wrong() {
    let fake = Fake::default();
    let pages = fake.pages();
    let page = get(&pages, "/admin/users?q=exa", "admin").await;
    page.has("seller@example.com").has("Lift the ban").has("Sold tickets that do not exist");
    page.has(&format!("<a href=\"/admin/users/{}\">buyer@example.com</a>", id(0)));
    let history = get(&pages, &format!("/admin/users/{}", id(0)), "admin").await;
    history.has("Sold tickets &lt;that&gt; do not exist").has("Sign-in failed");
    let ban = format!("/admin/users/{}/ban", id(0));
    let form = "reason=Spam&until=2026-12-24T18:00&q=exa";
    let answer = post(&pages, &ban, "admin", form).await;
    assert_eq!(answer.location(), "/admin/users?q=exa&done=user-banned");
    let api = format!("/api/users/{}/ban", id(0));
    let body = &fake.calls(&Method::PUT, &api)[0].body;
    assert_eq!(*body, json!({ "reason": "Spam", "until": "2026-12-24T18:00:00Z" }));

    let wrong = problem(422, "validation_failed", &[("until", "must be in the future")]);
    fake.on(Method::PUT, &api, 422, wrong);
    let page = post(&pages, &ban, "admin", form).await;
    assert_eq!(page.status, 422);
    page.has("Must be in the future.").has("value=\"Spam\"").has("<details class=\"ban\" open>");
    assert_eq!(page.between("Must be in the future.", "<").len(), 1);

    let lift = format!("/admin/users/{}/lift", id(1));
    let answer = post(&pages, &lift, "admin", "").await;
    assert_eq!(answer.location(), "/admin/users?done=user-lifted");
    assert_eq!(post(&pages, &lift, "buyer", "").await.status, 403);
}

#[tokio::test]
async fn parked_events_are_inspected_redriven_and_discarded() {
    let engine = Engine::with_parked(2).await;
    let service = Fake::default().service("http://127.0.0.1:3000");
    let pages = service.with_events(engine.events()).router();
    let page = get(&pages, "/admin/events", "admin").await;
    page.has("for orders").has("1 attempt,").has("version 9 of &lt;unknown&gt;").lacks("Show more");
    let path = page.between("<h3><a href=\"", "\"")[0].to_owned();
    get(&pages, &path, "admin").await.has("ticket-0").has("/tickets");

    let ids = engine.ids().await;
    let tell = async |action: &str, id: &str| {
        let form = format!("subscription=orders&id={id}");
        let answer = post(&pages, &format!("/admin/events/{action}"), "admin", &form).await;
        answer.location().trim_start_matches("/admin/events?done=").to_owned()
    };
    assert_eq!(tell("discard", &ids[0]).await, "event-discarded");
    assert_eq!(tell("discard", &ids[0]).await, "event-gone");
    assert_eq!(get(&pages, &path, "admin").await.status, 404);
    assert_eq!(tell("redrive", &ids[1]).await, "event-redriven");
    // It is given up again.
    while engine.parked().await < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(engine.ids().await, ids[1..]);

    for (path, who, status) in [
        ("/admin/events", "buyer", 403),
        (&*path, "buyer", 403),
        ("/admin/events/orders/no-id", "admin", 404),
        ("/admin/events/nobody/01931f2e-7c4a-7000-8000-000000000900", "admin", 404),
    ] {
        assert_eq!(get(&pages, path, who).await.status, status, "{path} as {who}");
    }
    let answer = post(&pages, "/admin/events/discard", "admin", "subscription=orders&id=x").await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn all_that_is_parked_can_be_reached_in_parts() {
    let engine = Engine::with_parked(45).await;
    let service = Fake::default().service("http://127.0.0.1:3000");
    let pages = service.with_events(engine.events()).router();
    let (mut path, mut seen) = ("/admin/events".to_owned(), Vec::new());
    for _ in 0..3 {
        let page = get(&pages, &path, "admin").await;
        let shown = page.between("<input type=\"hidden\" name=\"id\" value=\"", "\"");
        // Each has a form to redrive and one to discard.
        seen.extend(shown.iter().step_by(2).map(|id| (*id).to_owned()));
        let next = page.between("<a class=\"button quiet\" href=\"", "\"");
        path = next.first().map(|next| next.replace("&amp;", "&")).unwrap_or_default();
    }
    assert_eq!(path, "", "no part after the last one");
    assert_eq!(seen, engine.ids().await);
}

/// A body that has not come to its end.
struct Endless;

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}
