//! Looking at orders.

use serde_json::{Value, json};

use crate::world::{World, path};

#[tokio::test]
async fn a_buyer_sees_the_own_orders_newest_first() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        let ticket = world.offer("seller").await;
        expected.insert(0, world.order("buyer", &ticket).await);
    }
    let other = world.offer("seller").await;
    world.order("other", &other).await;

    let first = world.get("buyer", "/api/orders?limit=2").await.expect(200);
    assert_eq!(first["items"], json!(expected[..2]));
    let next = format!("/api/orders?limit=2&after={}", first["next"].as_str().unwrap());
    let second = world.get("buyer", &next).await.expect(200);
    assert_eq!(second, json!({"items": expected[2..], "next": null}));
    let admin = world.get("admin", "/api/orders").await.expect(200);
    assert_eq!(admin["items"], json!([]), "the list is one's own, for administrators too");
    world.get("", "/api/orders").await.problem(401, "unauthenticated");
    world.get("buyer", "/api/orders?limit=101").await.problem(422, "validation_failed");
}

/// F16: not mine is told apart from not there.
#[tokio::test]
async fn f16_an_order_is_for_its_buyer_and_administrators() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.order("buyer", &ticket).await;
    for target in
        [path(&order), format!("{}/events", path(&order)), format!("{}/history", path(&order))]
    {
        world.get("", &target).await.problem(401, "unauthenticated");
        world.get("seller", &target).await.problem(403, "forbidden");
    }
    for who in ["buyer", "admin"] {
        let seen = world.get(who, &path(&order)).await;
        assert_eq!(seen.etag(), "\"1\"");
        assert_eq!(seen.expect(200), order);
    }
    let unknown = json!({"id": uuid::Uuid::now_v7()});
    for target in [path(&unknown), "/api/orders/5".to_owned(), "/api/orders/5/events".to_owned()] {
        world.get("buyer", &target).await.problem(404, "not_found");
    }
    let wrong = world.send("buyer", "PATCH", &path(&order), Value::Null).await;
    wrong.problem(405, "method_not_allowed");
}
