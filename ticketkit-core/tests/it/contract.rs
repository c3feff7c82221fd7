//! Every response of 400 or above is one document, whoever made it.

use std::io;

use axum::{Router, body::Body, response::IntoResponse, routing::get};
use http::{Request, StatusCode, header};
use ticketkit_core::{ErrorLayer, ServiceError, error::Internal};

use crate::support::{get as fetch, send};

/// A text that is in every source, and must never be in an answer.
const CANARY: &str = "canary-4711";

#[derive(Debug, thiserror::Error, ServiceError)]
enum Failure {
    #[error("cannot read {CANARY}")]
    #[problem(internal)]
    Store(#[source] io::Error),
    #[error("busy with {CANARY}")]
    #[problem(status = 503, code = "unavailable", retry_after = 3u32)]
    Busy,
    #[error("hidden {CANARY}")]
    #[problem(status = 409, code = "taken", detail = "Someone was quicker.")]
    Taken,
}

fn app() -> Router {
    let store = || async { Err::<(), _>(Failure::Store(io::Error::other(CANARY))) };
    let foreign = || async {
        let headers = [("set-cookie", "a=b"), ("retry-after", "9"), ("content-type", "text/plain")];
        (StatusCode::BAD_GATEWAY, headers, format!("upstream says {CANARY}"))
    };
    Router::new()
        .route("/ok", get(|| async { "fine" }).post(|| async { "posted" }))
        .route("/store", get(store))
        .route("/busy", get(|| async { Err::<(), _>(Failure::Busy) }))
        .route("/taken", get(|| async { Err::<(), _>(Failure::Taken) }))
        .route("/wrapped", get(|| async { Err::<(), _>(Internal::new(CANARY)) }))
        .route("/panic", get(|| async { panic!("{CANARY}") as () }))
        .route("/foreign", get(foreign))
        .route("/redirect", get(|| async { (StatusCode::SEE_OTHER, [("location", "/ok")]) }))
        .route(
            "/grpc",
            get(|| async {
                (StatusCode::NOT_FOUND, [("content-type", "application/grpc")], "raw")
            }),
        )
        .layer(ErrorLayer::new("tickets"))
}

#[tokio::test]
async fn nothing_internal_leaves() {
    for (path, status, code) in [
        ("/store", 500, "internal"),
        ("/wrapped", 500, "internal"),
        ("/panic", 500, "internal"),
        ("/busy", 503, "unavailable"),
        ("/taken", 409, "taken"),
        ("/foreign", 502, "upstream_failed"),
        ("/nowhere", 404, "not_found"),
    ] {
        let answer = fetch(&app(), path).await;
        let problem = answer.problem();
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{path}");
        assert_eq!(problem.service.as_deref(), Some("tickets"));
        assert!(!answer.text().contains(CANARY), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_document_is_as_the_contract_shows_it() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = Request::get("/taken").header("x-request-id", id).header("traceparent", trace);
    let answer = send(&app(), request, Body::empty()).await;
    let golden = r#"{"type":"https://ticketkit.dev/problems/taken","title":"Taken","status":409,"code":"taken","service":"tickets","instance":"urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","detail":"Someone was quicker.","errors":[{"message":"Someone was quicker."}]}"#;
    assert_eq!(answer.text(), golden);
    assert_eq!(answer.headers["x-request-id"], id);
}

#[tokio::test]
async fn headers_that_carry_meaning_survive() {
    let answer = fetch(&app(), "/foreign").await;
    assert_eq!(answer.headers[header::SET_COOKIE], "a=b");
    assert_eq!(answer.headers[header::RETRY_AFTER], "9");
    assert_eq!(fetch(&app(), "/busy").await.headers[header::RETRY_AFTER], "3");
    let answer = send(&app(), Request::put("/ok"), Body::empty()).await;
    assert_eq!(answer.problem().code.as_str(), "method_not_allowed");
    assert_eq!(answer.headers[header::ALLOW], "GET,HEAD,POST");
}

#[tokio::test]
async fn what_is_no_error_of_http_is_left_alone() {
    assert_eq!(fetch(&app(), "/ok").await.text(), "fine");
    assert_eq!(fetch(&app(), "/redirect").await.status, StatusCode::SEE_OTHER);
    assert_eq!(fetch(&app(), "/grpc").await.text(), "raw");
}

#[tokio::test]
async fn an_outer_layer_lets_the_inner_ones_answer_be() {
    let outer = app().layer(ErrorLayer::new("ticketing"));
    let problem = fetch(&outer, "/taken").await.problem();
    assert_eq!(problem.service.as_deref(), Some("tickets"));
}

#[tokio::test]
async fn each_request_gets_an_id_of_its_own_unless_it_brings_one() {
    let ids: std::collections::HashSet<_> = [
        fetch(&app(), "/ok").await.headers["x-request-id"].clone(),
        fetch(&app(), "/ok").await.headers["x-request-id"].clone(),
        send(&app(), Request::get("/ok").header("x-request-id", "x\"y"), Body::empty())
            .await
            .headers["x-request-id"]
            .clone(),
    ]
    .into();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_response_stands_on_its_own_without_the_layer() {
    let response = Failure::Taken.into_response();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}
