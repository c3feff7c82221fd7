//! What administrators read of what happened.

use serde_json::{Value, json};

use crate::world::{World, path};

async fn kinds(world: &World, order: &Value) -> Vec<String> {
    let history = world.get("admin", &format!("{}/history", path(order))).await.expect(200);
    let items = history["items"].as_array().unwrap().iter();
    items.map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_step_of_an_order_is_told_with_who_took_it() {
    let world = World::new().await;
    let (order, payment) = world.buy("buyer", &world.offer("seller").await).await;
    let refund = format!("{}/refund", path(&order));
    for _ in 0..2 {
        world.send("admin", "POST", &refund, json!({"reason": "Cancelled"})).await.expect(202);
    }
    let expected = ["created", "awaiting_payment", "complete", "refund_requested"];
    assert_eq!(kinds(&world, &order).await, expected);
    let history = world.get("admin", &format!("{}/history", path(&order))).await.expect(200);
    assert_eq!(history["items"][0]["actorId"], order["userId"]);
    assert!(history["items"][1].get("actorId").is_none(), "{history}");
    assert_eq!(history["items"][2]["paymentId"], payment.to_string());
    assert_eq!(history["items"][3]["reason"], "Cancelled");
    assert_ne!(history["items"][3]["actorId"], order["userId"]);
    assert!(history["items"][3]["at"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn it_is_for_administrators_alone() {
    let world = World::new().await;
    let order = world.reserve("buyer", &world.offer("seller").await).await;
    world.cancel("buyer", &order).await;
    assert_eq!(kinds(&world, &order).await, ["created", "awaiting_payment", "cancelled"]);
    let target = format!("{}/history", path(&order));
    world.get("buyer", &target).await.problem(403, "forbidden");
    let unknown = json!({"id": uuid::Uuid::now_v7()});
    world.get("admin", &format!("{}/history", path(&unknown))).await.problem(404, "not_found");
}
