//! Locking, releasing and selling: what orders tell, and what becomes of tickets.

use std::time::Duration;

use serde_json::json;
use ticketing_contracts::{
    order::{
        OrderCancelled, OrderCompleted, OrderCreated, OrderExpired, OrderRefunded, OrderStatus,
    },
    ticket::{RejectionReason, TicketReservationRejected},
};

use crate::world::{World, next, order, path};

fn kinds(told: &[(String, i64)]) -> Vec<&str> {
    told.iter().map(|(kind, _)| kind.strip_prefix("ticket.").unwrap()).collect()
}

/// F1: a late cancellation or timer of an order that is gone does not free what the next one has.
#[tokio::test]
async fn f1_a_lock_is_cleared_by_its_own_order_alone() {
    let world = World::new().await;
    let ticket = world.sell("seller", "F1", 100).await;
    let first = world.reserve(&ticket, "first").await;
    world.tell(OrderCancelled { order: next(&first, OrderStatus::Cancelled) }).await;
    let second = world.reserve(&world.ticket("seller", &ticket).await, "second").await;

    let mut late = next(&first, OrderStatus::Expired);
    late.version = 9;
    world.tell(OrderExpired { order: late.clone() }).await;
    late.version = 10;
    world.tell(OrderCancelled { order: late }).await;
    let seen = world.ticket("seller", &ticket).await;
    assert_eq!((&seen["status"], &seen["orderId"]), (&json!("reserved"), &json!(second.id)));

    world.tell(OrderCompleted { order: next(&second, OrderStatus::Complete) }).await;
    assert_eq!(world.ticket("seller", &ticket).await["status"], "sold");
}

/// The test above can fail: were the lock taken for that of the first order, its timer would clear it.
#[tokio::test]
async fn f1_without_the_order_of_its_lock_a_late_timer_would_clear_it() {
    let world = World::new().await;
    let ticket = world.sell("seller", "F1", 100).await;
    let first = world.reserve(&ticket, "first").await;
    world.tell(OrderCancelled { order: next(&first, OrderStatus::Cancelled) }).await;
    world.reserve(&world.ticket("seller", &ticket).await, "second").await;
    // Ids sort by time.
    world.sabotage("update tickets set order_id = (select min(id) from orders_seen)").await;
    let mut late = next(&first, OrderStatus::Expired);
    late.version = 9;
    world.tell(OrderExpired { order: late }).await;
    assert_eq!(world.ticket("seller", &ticket).await["status"], "available");
}

/// F5: each version comes with exactly one event, so that no replica waits for one.
#[tokio::test]
async fn f5_every_version_is_told_once() {
    let world = World::new().await;
    let ticket = world.sell("seller", "F5", 100).await;
    let edit = json!({"title": "F5", "price": 200});
    let ticket = world.send("seller", "PUT", &path(&ticket), edit).await.expect(200);
    let first = world.reserve(&ticket, "first").await;
    world.tell(OrderExpired { order: next(&first, OrderStatus::Expired) }).await;
    let second = world.reserve(&ticket, "second").await;
    let complete = next(&second, OrderStatus::Complete);
    world.tell(OrderCompleted { order: complete.clone() }).await;
    world.tell(OrderRefunded { order: next(&complete, OrderStatus::Refunded) }).await;

    let told = world.told(&ticket).await;
    let expected = ["created", "updated", "reserved", "released", "reserved", "sold", "released"];
    assert_eq!(kinds(&told), expected);
    assert_eq!(told.iter().map(|(_, v)| *v).collect::<Vec<_>>(), (1..=7).collect::<Vec<_>>());
    assert_eq!(world.ticket("seller", &ticket).await["version"], 7);
}

/// F9: the same news again, under another id or long after, does nothing.
#[tokio::test]
async fn f9_duplicates_and_latecomers_do_nothing() {
    let world = World::new().await;
    let ticket = world.sell("seller", "F9", 100).await;
    let order = world.reserve(&ticket, "buyer").await;
    let complete = next(&order, OrderStatus::Complete);
    for _ in 0..2 {
        world.tell(OrderCreated { order: order.clone() }).await;
        world.tell(OrderCompleted { order: complete.clone() }).await;
    }
    assert_eq!(kinds(&world.told(&ticket).await), ["created", "reserved", "sold"]);
}

/// The test above can fail: without the note of what was seen, the news of an order that is over
/// takes the ticket again.
#[tokio::test]
async fn f9_without_its_note_a_latecomer_would_take_the_ticket() {
    let world = World::new().await;
    let ticket = world.sell("seller", "F9", 100).await;
    let order = world.reserve(&ticket, "buyer").await;
    world.tell(OrderCancelled { order: next(&order, OrderStatus::Cancelled) }).await;
    world.tell(OrderCreated { order: order.clone() }).await;
    assert_eq!(world.ticket("seller", &ticket).await["status"], "available");
    world.sabotage("delete from orders_seen").await;
    world.tell(OrderCreated { order }).await;
    assert_eq!(world.ticket("seller", &ticket).await["status"], "reserved");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_orders_at_once_one_gets_the_lock() {
    one_gets_the_lock(&World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL installed: run cargo xtask test"]
async fn of_many_orders_at_once_one_gets_the_lock_on_postgres() {
    one_gets_the_lock(&World::on_postgres().await).await;
}

/// Orders have keys of their own, so that they are handled beside each other; and the seller
/// changes the title meanwhile: where that comes first, it is another ticket than all have seen.
async fn one_gets_the_lock(world: &World) {
    for round in 0..10 {
        let ticket = world.sell("seller", "Wanted", 100).await;
        let orders: Vec<_> = (0..8).map(|n| order(&ticket, &format!("buyer {n}"))).collect();
        for order in &orders {
            world.tell_unsettled(&OrderCreated { order: order.clone() }).await;
        }
        let edit = json!({"title": "Wanted by many", "price": 100});
        let edited = world.send("seller", "PUT", &path(&ticket), edit).await;
        let expected = match edited.status.as_u16() {
            200 => 0,
            409 => 1,
            _ => panic!("{edited:?}"),
        };
        // Those that wait for the end of another order give up.
        world.clock.advance(Duration::from_secs(6));
        let told = world.told(&ticket).await;
        let locked = kinds(&told).iter().filter(|kind| **kind == "reserved").count();
        assert_eq!(locked, expected, "round {round}: {told:?}");
        let versions: Vec<_> = told.iter().map(|(_, version)| *version).collect();
        let in_turn = versions.windows(2).all(|pair| pair[0] <= pair[1]);
        assert!(in_turn, "round {round}: {told:?}");
    }
}

#[tokio::test]
async fn an_order_that_ended_before_it_was_heard_of_gets_no_lock() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Reordered", 100).await;
    let order = order(&ticket, "buyer");
    world.tell(OrderCancelled { order: next(&order, OrderStatus::Cancelled) }).await;
    world.tell(OrderCreated { order }).await;
    assert_eq!(kinds(&world.told(&ticket).await), ["created"]);
}

/// F15: the lock is confirmed on the terms that the buyer saw, or refused with the reason.
#[tokio::test]
async fn f15_a_price_that_moved_is_not_sold_unseen() {
    let world = World::new().await;
    let seen = world.sell("seller", "F15", 100).await;
    let edit = json!({"title": "F15", "price": 5000});
    world.send("seller", "PUT", &path(&seen), edit).await.expect(200);
    let order = world.reserve(&seen, "buyer").await;
    let rejected: TicketReservationRejected = world.last().await;
    assert_eq!((rejected.order_id, rejected.version), (order.id, 2));
    assert_eq!(rejected.reason, RejectionReason::PriceChanged);
    assert_eq!(world.ticket("seller", &seen).await["status"], "available");
}

/// F15: a title that moved, which the version alone tells; so the test can fail without it.
#[tokio::test]
async fn f15_without_the_version_of_its_terms_another_thing_would_be_sold_unseen() {
    let world = World::new().await;
    let seen = world.sell("seller", "Front row", 100).await;
    let edit = json!({"title": "Behind a pillar", "price": 100});
    world.send("seller", "PUT", &path(&seen), edit).await.expect(200);
    world.reserve(&seen, "buyer").await;
    assert_eq!(world.ticket("seller", &seen).await["status"], "available");
    world.sabotage("update tickets set terms_version = 0").await;
    let order = world.reserve(&seen, "buyer").await;
    assert_eq!(world.ticket("seller", &seen).await["orderId"], json!(order.id));
}

/// A lock and its release change nothing that a buyer sees.
#[tokio::test]
async fn a_buyer_who_looked_before_another_thought_again_gets_the_ticket() {
    let world = World::new().await;
    let seen = world.sell("seller", "Seen before", 100).await;
    let first = world.reserve(&seen, "first").await;
    world.tell(OrderCancelled { order: next(&first, OrderStatus::Cancelled) }).await;
    let second = world.reserve(&seen, "second").await;
    assert_eq!(world.ticket("seller", &seen).await["orderId"], json!(second.id));
}

/// Events of two orders have two keys, so the next order can be heard of before the end of the one
/// before.
#[tokio::test]
async fn the_next_order_waits_for_the_end_of_the_one_before() {
    let world = World::new().await;
    let ticket = world.sell("seller", "In turn", 100).await;
    let first = world.reserve(&ticket, "first").await;
    let second = order(&ticket, "second");
    world.tell_unsettled(&OrderCreated { order: second.clone() }).await;
    // What is told later and has happened shows that the second order was tried.
    let other = world.sell("seller", "Meanwhile", 100).await;
    world.tell_unsettled(&OrderCreated { order: order(&other, "third") }).await;
    world.await_status(&other, "reserved").await;
    world.tell(OrderCancelled { order: next(&first, OrderStatus::Cancelled) }).await;
    assert_eq!(world.ticket("seller", &ticket).await["orderId"], json!(second.id));
}

#[tokio::test]
async fn an_order_for_what_another_keeps_is_refused_after_a_while() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Kept", 100).await;
    world.reserve(&ticket, "first").await;
    let second = order(&ticket, "second");
    world.tell_unsettled(&OrderCreated { order: second.clone() }).await;
    world.clock.advance(Duration::from_secs(6));
    let rejected: TicketReservationRejected = world.last().await;
    assert_eq!(rejected.order_id, second.id);
    assert_eq!(rejected.reason, RejectionReason::TicketReserved);
}

#[tokio::test]
async fn what_is_withdrawn_or_was_never_there_is_refused_with_the_reason() {
    let world = World::new().await;
    let mut ticket = world.sell("seller", "Gone", 100).await;
    world.send("seller", "DELETE", &path(&ticket), json!(null)).await.expect(204);
    world.reserve(&ticket, "buyer").await;
    let rejected: TicketReservationRejected = world.last().await;
    assert_eq!(rejected.reason, RejectionReason::TicketWithdrawn);
    ticket["id"] = json!(uuid::Uuid::now_v7());
    world.reserve(&ticket, "buyer").await;
    let rejected: TicketReservationRejected = world.last().await;
    assert_eq!((rejected.reason, rejected.version), (RejectionReason::NotFound, 0));
}

#[tokio::test]
async fn a_paid_order_that_has_no_lock_does_not_sell_the_ticket_again() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Twice", 100).await;
    let order_one = world.reserve(&ticket, "first").await;
    world.tell(OrderCompleted { order: next(&order_one, OrderStatus::Complete) }).await;
    let other = order(&ticket, "second");
    world.tell(OrderCompleted { order: next(&other, OrderStatus::Complete) }).await;
    assert_eq!(world.ticket("seller", &ticket).await["orderId"], json!(order_one.id));
    assert_eq!(kinds(&world.told(&ticket).await), ["created", "reserved", "sold"]);
}

#[tokio::test]
async fn a_paid_ticket_is_released_by_the_refund_and_by_nothing_else() {
    let world = World::new().await;
    let ticket = world.sell("seller", "Refunded", 100).await;
    let order = world.reserve(&ticket, "buyer").await;
    let complete = next(&order, OrderStatus::Complete);
    world.tell(OrderCompleted { order: complete.clone() }).await;
    let mut late = next(&complete, OrderStatus::Cancelled);
    world.tell(OrderCancelled { order: late.clone() }).await;
    assert_eq!(world.ticket("seller", &ticket).await["status"], "sold");
    late.version += 1;
    world.tell(OrderRefunded { order: late }).await;
    let free = world.ticket("seller", &ticket).await;
    assert_eq!((&free["status"], &free["orderId"]), (&json!("available"), &json!(null)));
}
