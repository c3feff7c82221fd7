//! A banned seller's tickets leave the market.

use std::time::Duration;

use serde_json::json;
use ticketing_contracts::{
    order::{OrderCancelled, OrderCompleted, OrderRefunded, OrderStatus},
    user::{UserBanned, UserUnbanned},
};

use crate::world::{World, next, user};

fn ban(name: &str, ban_version: i64) -> UserBanned {
    UserBanned { id: user(name), version: ban_version, until: None, ban_version, epoch: 1 }
}

#[tokio::test]
async fn a_ban_withdraws_what_is_not_sold() {
    let world = World::new().await;
    let free = world.sell("villain", "Free", 100).await;
    let held = world.sell("villain", "Held", 100).await;
    let sold = world.sell("villain", "Sold", 100).await;
    let others = world.sell("seller", "Another's", 100).await;
    let holding = world.reserve(&held, "buyer").await;
    let paid = world.reserve(&sold, "buyer").await;
    world.tell(OrderCompleted { order: next(&paid, OrderStatus::Complete) }).await;

    world.tell(ban("villain", 1)).await;
    let status = async |ticket| world.ticket("", ticket).await["status"].clone();
    assert_eq!(status(&free).await, "withdrawn");
    assert_eq!(status(&held).await, "reserved", "its order ends first");
    assert_eq!(status(&sold).await, "sold");
    assert_eq!(status(&others).await, "available");

    world.tell(OrderCancelled { order: next(&holding, OrderStatus::Cancelled) }).await;
    assert_eq!(status(&held).await, "withdrawn");
    let told = world.told(&held).await;
    let expected = ["created", "reserved", "released", "withdrawn"];
    let expected: Vec<_> =
        expected.iter().zip(1..).map(|(kind, v)| (format!("ticket.{kind}"), v)).collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn what_comes_back_to_a_banned_seller_is_withdrawn() {
    let world = World::new().await;
    let ticket = world.sell("villain", "Refunded", 100).await;
    let order = world.reserve(&ticket, "buyer").await;
    let complete = next(&order, OrderStatus::Complete);
    world.tell(OrderCompleted { order: complete.clone() }).await;
    world.tell(ban("villain", 1)).await;
    world.tell(OrderRefunded { order: next(&complete, OrderStatus::Refunded) }).await;
    assert_eq!(world.ticket("", &ticket).await["status"], "withdrawn");
}

#[tokio::test]
async fn a_reserved_ticket_stays_condemned_when_the_ban_is_lifted() {
    let world = World::new().await;
    let ticket = world.sell("villain", "Condemned", 100).await;
    let order = world.reserve(&ticket, "buyer").await;
    world.tell(ban("villain", 1)).await;
    let lifted = UserUnbanned { id: user("villain"), version: 2, ban_version: 2, epoch: 1 };
    world.tell(lifted).await;
    world.tell(OrderCancelled { order: next(&order, OrderStatus::Cancelled) }).await;
    assert_eq!(world.ticket("", &ticket).await["status"], "withdrawn");
}

/// F23: a token that is still valid in another view of the world creates nothing.
#[tokio::test]
async fn f23_a_banned_user_sells_nothing_until_the_ban_ends() {
    let world = World::new().await;
    let until = world.clock.now() + Duration::from_secs(60);
    world.tell(UserBanned { until: Some(until), ..ban("villain", 1) }).await;
    let body = json!({"title": "Late", "price": 1});
    let sell = async || world.send("villain", "POST", "/api/tickets", body.clone()).await;
    sell().await.problem(403, "account_banned");
    world.clock.advance(Duration::from_secs(61));
    sell().await.expect(201);
}

#[tokio::test]
async fn a_lifted_ban_lets_sell_again_and_an_older_ban_changes_nothing() {
    let world = World::new().await;
    world.tell(UserUnbanned { id: user("seller"), version: 2, ban_version: 2, epoch: 1 }).await;
    let ticket = world.sell("seller", "Stays", 100).await;
    world.tell(ban("seller", 1)).await;
    assert_eq!(world.ticket("", &ticket).await["status"], "available");
}
