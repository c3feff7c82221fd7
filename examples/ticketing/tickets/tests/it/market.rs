//! Looking at tickets.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::world::{World, path};

fn ids(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().iter().map(|ticket| ticket["id"].clone()).collect()
}

#[tokio::test]
async fn pages_show_each_available_ticket_once_newest_first() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for number in 0..5 {
        expected.insert(0, world.sell("seller", &format!("Seat {number}"), 100).await);
    }
    let withdrawn = expected.remove(2);
    world.send("seller", "DELETE", &path(&withdrawn), Value::Null).await.expect(204);

    let first = world.get("", "/api/tickets?limit=3").await.expect(200);
    let next = first["next"].as_str().unwrap();
    let second = world.get("", &format!("/api/tickets?limit=3&after={next}")).await.expect(200);
    assert_eq!(second["next"], Value::Null);
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    let shown = [ids(&first), ids(&second)].concat();
    assert_eq!(shown, expected.iter().map(|ticket| ticket["id"].clone()).collect::<Vec<_>>());

    let mine = world.get("seller", "/api/tickets/mine").await.expect(200);
    assert_eq!(ids(&mine).len(), 5, "one's own in every state");
    let others = world.get("buyer", "/api/tickets/mine").await.expect(200);
    assert_eq!(others, json!({"items": [], "next": null}));
}

#[tokio::test]
async fn the_search_takes_its_text_literally_and_in_any_case() {
    let world = World::new().await;
    for title in ["100% off", "snake_case", r"back\slash", "Ünïcode"] {
        world.sell("seller", title, 100).await;
    }
    for (query, count) in [
        ("", 4),
        ("100%25", 1),
        ("1%25o", 0),
        ("SNAKE_", 1),
        ("snakeXcase", 0),
        ("k%5Cs", 1),
        ("%C3%BCN%C3%8FCODE", 1),
    ] {
        let found = world.get("", &format!("/api/tickets?q={query}")).await.expect(200);
        assert_eq!(ids(&found).len(), count, "q={query}");
    }
}

#[tokio::test]
async fn rules_of_the_query_are_told_at_once() {
    let world = World::new().await;
    let query = format!("/api/tickets?q={}&limit=0&after=5", "x".repeat(101));
    let answer = world.get("", &query).await;
    answer.problem(422, "validation_failed");
    let errors = answer.body["errors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["q", "after", "limit"]);
}

#[tokio::test]
async fn a_bad_token_is_nobody_where_anyone_may_look() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Open", 100).await;
    for target in ["/api/tickets".to_owned(), path(&ticket)] {
        let request = Request::get(&target).header("authorization", "Bearer nonsense");
        world.exchange(request.body(Body::empty()).unwrap()).await.expect(200);
    }
}

#[tokio::test]
async fn the_order_is_shown_to_those_whom_it_concerns() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Whose order", 100).await;
    let order = world.reserve(&ticket, "buyer").await;
    for (who, sees) in
        [("seller", true), ("buyer", true), ("admin", true), ("stranger", false), ("", false)]
    {
        let seen = world.get(who, &path(&ticket)).await.expect(200);
        assert_eq!(seen["status"], "reserved");
        let expected = if sees { json!(order.id) } else { Value::Null };
        assert_eq!(seen["orderId"], expected, "{who}");
    }
}
