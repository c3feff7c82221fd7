//! Parked events over HTTP.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use ticketkit_core::ErrorLayer;
use ticketkit_events::{HandlerError, Subscription, parked, testing::TestBus};
use tower::ServiceExt;

use crate::support::{OrderCreated, Running, order};

async fn ask(app: &Router, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json");
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let response = app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

struct World {
    test: TestBus,
    app: Router,
    ids: Vec<String>,
    _running: Running,
}

/// Three events that are parked, as long as the clock stands where it does.
async fn world() -> World {
    let test = TestBus::new();
    let (clock, start) = (test.clock().clone(), test.clock().now());
    let subscription = Subscription::new("tickets").handle(async move |_: OrderCreated| {
        if clock.now() > start {
            Ok(())
        } else {
            Err(HandlerError::permanent("the stage is on fire"))
        }
    });
    let running = Running::subscription(test.bus(), subscription).await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(test.tell("orders", &order("7", n)).await.to_string());
    }
    let routes = Router::new().nest("/parked", parked::http::router(test.bus()));
    World { app: routes.layer(ErrorLayer::new("orders")), test, ids, _running: running }
}

#[tokio::test]
async fn parked_events_are_listed_and_inspected() {
    let World { app, ids, .. } = world().await;
    let (status, body) = ask(&app, "GET", "/parked", Value::Null).await;
    assert_eq!((status, &body["items"][0]["parked"]), (StatusCode::OK, &json!(3)), "{body}");
    let (_, page) = ask(&app, "GET", "/parked/tickets?limit=2", Value::Null).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    let (_, rest) = ask(&app, "GET", &format!("/parked/tickets?after={next}"), Value::Null).await;
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&json!(ids[2]), &Value::Null));
    let (_, one) = ask(&app, "GET", &format!("/parked/tickets/{}", ids[0]), Value::Null).await;
    assert_eq!(one["error"], "the stage is on fire");
    assert_eq!((&one["attempts"], &one["type"]), (&json!(1), &json!("order.created")));
    assert_eq!(one["event"]["data"], json!({"id": "7", "n": 0}));
    assert_eq!(one["event"]["specversion"], "1.0");
}

#[tokio::test]
async fn one_some_and_all_are_redriven_or_discarded() {
    let World { test, app, ids, _running } = world().await;
    test.clock().advance(std::time::Duration::from_secs(1));
    let some = json!({"ids": [ids[0]]});
    let (_, body) = ask(&app, "POST", "/parked/tickets/redrive", some.clone()).await;
    assert_eq!(body, json!({"count": 1}));
    test.settled().await;
    let (_, body) = ask(&app, "POST", "/parked/tickets/redrive", some).await;
    assert_eq!(body, json!({"count": 0}), "it is handled");
    let (_, body) = ask(&app, "POST", "/parked/tickets/discard", json!({"ids": [ids[1]]})).await;
    assert_eq!(body, json!({"count": 1}));
    let (_, body) = ask(&app, "POST", "/parked/tickets/redrive", json!({"all": true})).await;
    assert_eq!(body, json!({"count": 1}));
    test.settled().await;
    test.assert_nothing_parked().await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_as_everywhere() {
    let World { app, ids, .. } = world().await;
    let unknown = "/parked/tickets/019aa000-0000-7000-8000-000000000000";
    for (method, path, body, status, code) in [
        ("GET", "/parked/tickets/7", Value::Null, 404, "not_found"),
        ("GET", unknown, Value::Null, 404, "not_found"),
        ("GET", "/parked/tickets?after=x&limit=0", Value::Null, 422, "validation_failed"),
        ("POST", "/parked/tickets/redrive", json!({}), 422, "validation_failed"),
        ("POST", "/parked/tickets/discard", json!({"ids": []}), 422, "validation_failed"),
        (
            "POST",
            "/parked/tickets/redrive",
            json!({"ids": ids, "all": true}),
            422,
            "validation_failed",
        ),
        ("POST", "/parked/tickets/redrive", json!({"ids": ["7"]}), 400, "malformed_body"),
    ] {
        let (got, body) = ask(&app, method, path, body).await;
        assert_eq!((got.as_u16(), &body["code"]), (status, &json!(code)), "{path}: {body}");
        assert_eq!(body["service"], "orders");
    }
}
