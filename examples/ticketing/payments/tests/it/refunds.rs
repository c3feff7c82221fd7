//! Money that goes back.

use std::{sync::atomic::Ordering, time::Duration};

use ticketing_contracts::PaymentId;

use crate::{
    careless::{Careless, Instead},
    process::Process,
    world::{BUYER, World, eventually},
};

#[test]
fn f3_a_payment_that_succeeds_for_a_cancelled_order_is_told_and_refunded_once() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_processing");
    process.cancel(&order);
    world.clock.advance(Duration::from_secs(2));
    world.await_told(payment, &["created"]);
    for _ in 0..3 {
        process.request_refund(order.id, payment);
    }
    process.await_status(order.id, "refunded");
    assert_eq!(process.charges(), 0);
    process.request_refund(order.id, payment);
    process.await_handled(order.id);
    world.await_told(payment, &["created", "refunded"]);
    // Recorded, processing, succeeded, refunding, refunded: each step tells once.
    assert_eq!(process.version(payment), 5);
}

#[test]
fn f3_a_refund_that_is_asked_for_too_early_happens_when_the_money_is_there() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_processing");
    process.request_refund(order.id, payment);
    let remembered = "select count(*) from payments where refund_reason = 'cancelled'";
    eventually(|| match process.number(remembered) {
        Some(1) => Ok(()),
        other => Err(other),
    });
    assert_eq!(process.statuses(order.id), ["processing"]);
    world.clock.advance(Duration::from_secs(2));
    process.await_status(order.id, "refunded");
    world.await_told(payment, &["created", "refunded"]);
    let told = world.told.lock().unwrap();
    let versions: Vec<_> = told.iter().map(|told| told.payment.version).collect();
    assert!(versions.is_sorted() && versions[0] < versions[1], "{versions:?}");
}

#[test]
fn f3_what_waits_for_the_buyer_of_a_cancelled_order_is_called_off() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_authenticationRequired");
    process.cancel(&order);
    let refused = process.confirm(BUYER, &payment.to_string());
    assert_eq!(refused.status, 409, "{refused:?}");
    process.await_status(order.id, "failed");
    process.confirm(BUYER, &payment.to_string()).problem(409, "payment_not_confirmable");
    world.await_told(payment, &["failed"]);
    assert_eq!(process.charges(), 0);
}

/// F8: what can never succeed is set aside at once, with its error, and what comes after it goes on.
#[test]
fn f8_an_event_that_can_never_succeed_is_parked_and_the_rest_flows() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    process.request_refund(order.id, PaymentId::new());
    // Behind the bad one. What follows of the same order waits, or it would overtake it.
    process.pay(process.awaiting_payment().id, "pm_card_visa").expect(201);
    let parked = process.bus.parked();
    let list = eventually(|| {
        let list = process.runtime.block_on(parked.list("payments", None, 10)).unwrap();
        if list.is_empty() { Err("nothing is parked") } else { Ok(list) }
    });
    assert_eq!(list.len(), 1, "{list:?}");
    assert_eq!(list[0].envelope.key, order.id.to_string());
    assert_eq!(list[0].attempts, 1, "no second try of what can not succeed");
    assert!(list[0].error.contains("has no payment"), "{list:?}");
}

/// The test above can fail: without parking the event and its error are gone, or it is tried for ever.
#[test]
fn f8_without_parking_a_failure_would_be_dropped_or_tried_for_ever() {
    for (instead, most) in [(Instead::Dropped, 1), (Instead::AgainAtOnce, u32::MAX)] {
        let world = World::new();
        let (bus, failures) = Careless::bus(instead);
        let process = Process::over(&world, bus);
        process.request_refund(process.awaiting_payment().id, PaymentId::new());
        // A second try would have come by the time that another order is handled.
        process.pay(process.awaiting_payment().id, "pm_card_visa").expect(201);
        eventually(|| match failures.load(Ordering::Relaxed) {
            count if count >= most.min(1_000) => Ok(()),
            count => Err(count),
        });
        assert!(failures.load(Ordering::Relaxed) <= most, "{instead:?}");
        let parked = process.bus.parked();
        let list = process.runtime.block_on(parked.list("payments", None, 10)).unwrap();
        assert!(list.is_empty(), "{instead:?}: {list:?}");
    }
}

#[test]
fn f22_a_refund_of_another_orders_payment_touches_neither() {
    let world = World::new();
    let process = Process::start(&world);
    let (good, bad) = (process.awaiting_payment(), process.awaiting_payment());
    let payment = process.paid(good.id, "pm_card_visa");
    process.request_refund(bad.id, payment);
    let parked = process.bus.parked();
    eventually(|| {
        let list = process.runtime.block_on(parked.list("payments", None, 10)).unwrap();
        if list.len() == 1 { Ok(()) } else { Err(list.len()) }
    });
    assert_eq!(process.statuses(good.id), ["succeeded"]);
    world.await_told(payment, &["created"]);
}

#[test]
fn f22_only_the_payment_that_is_named_is_refunded() {
    let world = World::new();
    let process = Process::start(&world);
    let (one, two) = (process.awaiting_payment(), process.awaiting_payment());
    let first = process.paid(one.id, "pm_card_visa");
    let second = process.paid(two.id, "pm_card_visa");
    process.request_refund(two.id, second);
    process.await_status(two.id, "refunded");
    assert_eq!(process.statuses(one.id), ["succeeded"]);
    world.await_told(second, &["created", "refunded"]);
    world.await_told(first, &["created"]);
}
