//! The end of a hold.

use std::time::Duration;

use serde_json::Value;
use ticketing_contracts::{
    expiration::ExpirationCompleted, order::OrderExpired, payment::PaymentCreated,
};

use crate::world::{HOLD, World, id, payment};

fn timer(order: &Value) -> ExpirationCompleted {
    ExpirationCompleted { order_id: id(order), version: 2 }
}

#[tokio::test]
async fn the_timer_ends_an_open_order_once() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    world.clock.advance(HOLD);
    for _ in 0..2 {
        world.tell(timer(&order)).await;
    }
    let order = world.expect_status(&order, "expired").await;
    assert_eq!(order["version"], 3);
    assert_eq!(world.told::<OrderExpired>(&order).await.len(), 1);
}

/// F1: a timer does nothing to an order that is paid or over.
#[tokio::test]
async fn f1_a_late_timer_ends_nothing() {
    let world = World::new().await;
    let (first, second) = (world.offer("seller").await, world.offer("seller").await);
    let (paid, _) = world.buy("buyer", &first).await;
    let cancelled = world.reserve("buyer", &second).await;
    world.cancel("buyer", &cancelled).await.expect(204);
    world.clock.advance(HOLD * 2);
    world.tell(timer(&paid)).await;
    world.tell(timer(&cancelled)).await;
    world.expect_status(&paid, "complete").await;
    world.expect_status(&cancelled, "cancelled").await;
}

/// The clock of the timer may be ahead: nobody loses a part of the hold to that.
#[tokio::test]
async fn a_timer_that_is_early_ends_nothing_before_the_deadline() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    world.clock.advance(HOLD - Duration::from_millis(200));
    world.tell(timer(&order)).await;
    world.expect_status(&order, "awaiting_payment").await;
    world.clock.advance(Duration::from_secs(10));
    world.await_status(&order, "expired").await;
}

#[tokio::test]
async fn a_timer_that_is_early_holds_up_no_payment() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    world.clock.advance(HOLD - Duration::from_millis(200));
    world.tell_unsettled(&timer(&order)).await;
    world.tell_unsettled(&PaymentCreated { payment: payment(&order) }).await;
    world.await_status(&order, "complete").await;
}

/// F10: an order whose timer was lost, or that never had one, is ended by the sweep.
#[tokio::test]
async fn f10_the_sweep_ends_what_no_timer_ends() {
    let world = World::new().await;
    let (first, second) = (world.offer("seller").await, world.offer("seller").await);
    let stuck = world.order("buyer", &first).await;
    let waiting = world.reserve("buyer", &second).await;
    world.clock.advance(HOLD - Duration::from_secs(1));
    let third = world.offer("seller").await;
    let fresh = world.reserve("buyer", &third).await;
    world.clock.advance(Duration::from_secs(10));
    world.await_status(&stuck, "expired").await;
    world.await_status(&waiting, "expired").await;
    world.expect_status(&fresh, "awaiting_payment").await;
    assert_eq!(world.kinds(&stuck).await, ["created", "expired"]);
    assert_eq!(world.order("next", &first).await["status"], "created", "the ticket is free here");
}

/// F11: what was decided to be in time by payments counts, until the order has ended.
#[tokio::test]
async fn f11_an_order_that_was_not_ended_yet_takes_its_payment() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    world.clock.advance(HOLD);
    world.tell(PaymentCreated { payment: payment(&order) }).await;
    world.tell(timer(&order)).await;
    world.expect_status(&order, "complete").await;
}
