//! Creating, changing and withdrawing a ticket.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::world::{World, path};

#[tokio::test]
async fn a_new_ticket_is_answered_in_full() {
    let world = World::new().await;
    let body = json!({"title": "  Two seats ", "price": 1999, "currency": "eur"});
    let answer = world.send("seller", "POST", "/api/tickets", body).await;
    assert_eq!(answer.etag(), "\"1\"");
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let ticket = answer.expect(201);
    let user = ticketkit_auth::testing::user_id("seller");
    let expected = json!({
        "id": ticket["id"], "title": "Two seats", "price": 1999, "currency": "EUR",
        "userId": user, "status": "available", "version": 1,
    });
    assert_eq!(ticket, expected);
    assert_eq!(location, path(&ticket));
    let seen = world.get("", &location).await;
    assert_eq!(seen.etag(), "\"1\"");
    assert_eq!(seen.expect(200), expected);
}

#[tokio::test]
async fn every_broken_rule_is_told_with_its_field() {
    let world = World::new().await;
    let body = json!({"title": "a\u{0}b", "price": 0, "currency": "JPY"});
    let answer = world.send("seller", "POST", "/api/tickets", body).await;
    answer.problem(422, "validation_failed");
    let errors = answer.body["errors"].as_array().unwrap().clone();
    let pointers: Vec<_> = errors.iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/title", "/price", "/currency"]);
    for body in [
        json!({"title": "a"}),
        json!({"title": "a", "price": 1.5}),
        json!({"title": "a", "price": 1, "currency": null}),
    ] {
        world.send("seller", "POST", "/api/tickets", body).await.problem(400, "malformed_body");
    }
}

/// F16: who may not is told apart from what is not there, and from what the state forbids.
#[tokio::test]
async fn f16_refusals_say_what_is_wrong_in_the_order_of_the_checks() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Mine", 100).await;
    let edit = || json!({"title": "Yours", "price": 1});
    let put = async |who, path: &str, body| world.send(who, "PUT", path, body).await;
    let unknown = format!("/api/tickets/{}", uuid::Uuid::now_v7());

    put("", &path(&ticket), Value::Null).await.problem(401, "unauthenticated");
    put("seller", &unknown, json!({"title": "", "price": 1}))
        .await
        .problem(422, "validation_failed");
    put("seller", &unknown, edit()).await.problem(404, "not_found");
    put("seller", "/api/tickets/5", edit()).await.problem(404, "not_found");
    for who in ["stranger", "admin"] {
        put(who, &path(&ticket), edit()).await.problem(403, "forbidden");
        let delete = world.send(who, "DELETE", &path(&ticket), Value::Null).await;
        delete.problem(403, "forbidden");
    }
    world.send("", "POST", "/api/tickets", edit()).await.problem(401, "unauthenticated");
    world.get("", "/api/tickets/mine").await.problem(401, "unauthenticated");
    assert_eq!(world.ticket("seller", &ticket).await, ticket);
}

#[tokio::test]
async fn an_old_version_is_refused_before_the_state() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Versions", 100).await;
    let put = async |version: &str| {
        let request = Request::put(path(&ticket))
            .header("cookie", world.auth.cookie("seller"))
            .header("content-type", "application/json")
            .header("if-match", version)
            .body(Body::from(json!({"title": "Versions", "price": 200}).to_string()));
        world.exchange(request.unwrap()).await
    };
    assert_eq!(put("\"1\"").await.expect(200)["version"], 2);
    put("\"1\"").await.problem(412, "stale_version");
    let seen = world.ticket("seller", &ticket).await;
    world.reserve(&seen, "buyer").await;
    put("\"2\"").await.problem(412, "stale_version");
    put("\"3\"").await.problem(409, "ticket_reserved");
}

#[tokio::test]
async fn withdrawing_is_final_and_can_be_repeated() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Withdrawn", 100).await;
    for _ in 0..2 {
        world.send("seller", "DELETE", &path(&ticket), Value::Null).await.expect(204);
    }
    let edit = json!({"title": "Back", "price": 1});
    let again = world.send("seller", "PUT", &path(&ticket), edit).await;
    again.problem(409, "ticket_withdrawn");
    let told = [("ticket.created".to_owned(), 1), ("ticket.withdrawn".to_owned(), 2)];
    assert_eq!(world.told(&ticket).await, told, "the repetition changes nothing");
}

#[tokio::test]
async fn another_site_sells_nothing_in_a_users_name() {
    let world = World::new().await;
    let request = Request::post("/api/tickets")
        .header("cookie", world.auth.cookie("seller"))
        .header("sec-fetch-site", "cross-site")
        .body(Body::empty());
    world.exchange(request.unwrap()).await.problem(403, "cross_site_request");
}
