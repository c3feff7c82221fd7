//! A timer for each order that awaits its payment.

use std::time::Duration;

use axum::{body::Body, http::Request};
use ticketing_contracts::order::{
    OrderAwaitingPayment, OrderCancelled, OrderCompleted, OrderExpired, OrderRefunded,
};
use tower::ServiceExt;

use crate::world::World;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_end_of_a_hold_is_told_at_the_deadline_and_not_before() {
    let world = World::new().await;
    let (first, second) = (world.order(MINUTE), world.order(2 * MINUTE));
    for order in [&second, &first] {
        world.tell(OrderAwaitingPayment { order: order.clone() }).await;
    }
    assert_eq!(world.timers().await, 2);
    world.clock.advance(MINUTE);
    world.eventually(async || world.heard() == [first.id]).await;
    assert_eq!(world.timers().await, 1);
    world.clock.advance(MINUTE - Duration::from_millis(1));
    // An order that is due meanwhile shows that timers were looked at.
    let between = world.order(Duration::ZERO);
    world.tell(OrderAwaitingPayment { order: between.clone() }).await;
    world.eventually(async || world.heard() == [first.id, between.id]).await;
    world.clock.advance(Duration::from_millis(1));
    world.eventually(async || world.heard() == [first.id, between.id, second.id]).await;
}

/// F1: the timer is dropped with the end of the order, however it ends.
#[tokio::test]
async fn f1_the_end_of_an_order_drops_its_timer() {
    let world = World::new().await;
    let orders = [(); 5].map(|()| world.order(MINUTE));
    for order in &orders {
        world.tell(OrderAwaitingPayment { order: order.clone() }).await;
    }
    assert_eq!(world.timers().await, 5);
    let [cancelled, expired, completed, refunded, open] = orders;
    world.tell(OrderCancelled { order: cancelled }).await;
    world.tell(OrderExpired { order: expired }).await;
    world.tell(OrderCompleted { order: completed }).await;
    world.tell(OrderRefunded { order: refunded }).await;
    assert_eq!(world.timers().await, 1);
    world.clock.advance(2 * MINUTE);
    world.eventually(async || !world.heard().is_empty()).await;
    assert_eq!(world.heard(), [open.id]);
}

/// F9: a lock that is confirmed twice has one timer.
#[tokio::test]
async fn f9_a_duplicate_sets_no_second_timer() {
    let world = World::new().await;
    let order = world.order(MINUTE);
    for _ in 0..2 {
        world.tell(OrderAwaitingPayment { order: order.clone() }).await;
    }
    assert_eq!(world.timers().await, 1);
}

/// F10: timers are rows: they outlive the process, and are told late rather than never.
#[tokio::test]
async fn f10_a_timer_outlives_the_process() {
    let world = World::new().await;
    let (during, after) = (world.order(MINUTE), world.order(3 * MINUTE));
    for order in [&during, &after] {
        world.tell(OrderAwaitingPayment { order: order.clone() }).await;
    }
    let world = world.restart(2 * MINUTE).await;
    world.eventually(async || world.heard() == [during.id]).await;
    world.clock.advance(MINUTE);
    world.eventually(async || world.heard() == [during.id, after.id]).await;
}

/// The test above can fail: without its row a timer is lost.
#[tokio::test]
async fn f10_without_its_row_a_timer_is_lost() {
    let world = World::new().await;
    world.tell(OrderAwaitingPayment { order: world.order(MINUTE) }).await;
    world.sabotage("delete from ticketkit_schedules").await;
    let later = world.order(2 * MINUTE);
    world.tell(OrderAwaitingPayment { order: later.clone() }).await;
    world.clock.advance(2 * MINUTE);
    world.eventually(async || !world.heard().is_empty()).await;
    assert_eq!(world.heard(), [later.id]);
}

#[tokio::test]
async fn whatever_is_asked_over_http_is_not_there() {
    let world = World::new().await;
    let request = Request::get("/api/expiration").body(Body::empty()).unwrap();
    let answer = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}
