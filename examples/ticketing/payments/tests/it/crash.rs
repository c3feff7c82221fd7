//! Crashes between any two steps of a charge and of a refund.

use std::{sync::Arc, time::Duration};

use ticketing_contracts::PaymentId;

use crate::{
    faulty::{Faulty, Point},
    process::{Process, send},
    world::{BUYER, World, eventually},
};

/// Starts a process that never gets past a point.
fn at(world: &World, point: Point) -> Process<'_> {
    Process::with(world, |inner| Arc::new(Faulty { inner, point }))
}

/// Crashes a process at a point of a charge with an idempotency key.
fn crash_at(world: &World, point: Point) -> (ticketing_contracts::OrderId, PaymentId) {
    let process = at(world, point);
    let order = process.awaiting_payment();
    let mut request = process.paying(BUYER, order.id, "pm_card_visa");
    request.headers_mut().insert("idempotency-key", "k".parse().unwrap());
    let _hangs = process.runtime.spawn(send(process.router.clone(), request));
    let reached = match point {
        Point::BeforeCharge => "select count(*) from payments",
        _ => "select count(*) from builtin_charges",
    };
    eventually(|| match process.number(reached) {
        Some(1) => Ok(()),
        other => Err(other),
    });
    assert_eq!(process.statuses(order.id), ["pending"]);
    let page = process.get(BUYER, "/api/payments").expect(200);
    let payment = page["items"][0]["id"].as_str().unwrap().parse().unwrap();
    process.crash();
    (order.id, payment)
}

fn repeat(process: &Process<'_>, order: ticketing_contracts::OrderId) -> crate::process::Answer {
    let mut request = process.paying(BUYER, order, "pm_card_visa");
    request.headers_mut().insert("idempotency-key", "k".parse().unwrap());
    process.send(request)
}

#[test]
fn f13_an_attempt_that_never_reached_the_provider_fails_and_is_free_again() {
    let world = World::new();
    let (order, payment) = crash_at(&world, Point::BeforeCharge);
    let process = Process::start(&world);
    assert_eq!(process.statuses(order), ["pending"]);
    repeat(&process, order).problem(409, "payment_in_progress");
    process.pay(order, "pm_card_visa").problem(409, "payment_in_progress");
    world.clock.advance(Duration::from_secs(5));
    process.await_status(order, "failed");
    world.await_told(payment, &["failed"]);
    repeat(&process, order).problem(402, "payment_declined");
    process.paid(order, "pm_card_visa");
    assert_eq!(process.charges(), 1);
}

#[test]
fn f13_an_attempt_that_was_charged_before_the_crash_succeeds_once() {
    let world = World::new();
    let (order, payment) = crash_at(&world, Point::AfterCharge);
    let process = Process::start(&world);
    repeat(&process, order).problem(409, "payment_in_progress");
    world.clock.advance(Duration::from_secs(5));
    process.await_status(order, "succeeded");
    world.await_told(payment, &["created"]);
    let again = repeat(&process, order);
    assert_eq!(again.expect(201)["id"], payment.to_string());
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(process.charges(), 1);
}

/// The test above can fail: without the record that comes before the charge, nobody asks about it.
#[test]
fn f13_without_its_record_a_charge_would_be_lost() {
    let world = World::new();
    let (order, payment) = crash_at(&world, Point::AfterCharge);
    let process = Process::start(&world);
    process.sabotage("delete from payments");
    world.clock.advance(Duration::from_secs(5));
    // Another one that is asked about shows that all were.
    let other = process.awaiting_payment();
    let processing = process.paid(other.id, "pm_card_processing");
    world.clock.advance(Duration::from_secs(5));
    world.await_told(processing, &["created"]);
    assert_eq!(process.charges(), 2, "the money is taken");
    assert_eq!(process.statuses(order), [""; 0], "and nobody knows what for");
    assert_eq!(world.told_of(payment), [""; 0]);
}

/// A charge that was given up must not happen after all, however late it arrives.
#[test]
fn f13_a_call_that_is_still_under_way_when_it_is_given_up_charges_nothing() {
    use ticketing_payments::provider::{BuiltIn, Charge, ChargeState, Provider};

    let world = World::new();
    let (order, payment) = crash_at(&world, Point::BeforeCharge);
    let process = Process::start(&world);
    world.clock.advance(Duration::from_secs(5));
    process.await_status(order, "failed");
    let late = Charge {
        payment,
        amount: 4_999,
        currency: "EUR".parse().unwrap(),
        token: "pm_card_visa".to_owned(),
        provider_id: None,
        created_at: world.clock.now(),
    };
    let report = process.runtime.block_on(async {
        let provider = BuiltIn::open(&process.database, world.clock.clone()).await.unwrap();
        Provider::charge(&provider, &late).await.unwrap()
    });
    assert_eq!(report.state, ChargeState::Failed { reason: "canceled".to_owned() });
    assert_eq!(process.charges(), 0);
}

#[test]
fn f3_a_refund_that_a_crash_cut_off_is_finished_once() {
    for point in [Point::BeforeRefund, Point::AfterRefund] {
        let world = World::new();
        let process = at(&world, point);
        let order = process.awaiting_payment();
        let payment = process.paid(order.id, "pm_card_visa");
        // What a crash takes with it in memory is told by nobody.
        world.await_told(payment, &["created"]);
        process.request_refund(order.id, payment);
        process.await_status(order.id, "refunding");
        let (reached, there) = match point {
            Point::BeforeRefund => ("select checks from payments", 1),
            _ => ("select count(*) from builtin_charges where status = 'succeeded'", 0),
        };
        eventually(|| match process.number(reached) {
            Some(count) if count == there => Ok(()),
            other => Err(other),
        });
        process.crash();

        let process = Process::start(&world);
        assert_eq!(process.statuses(order.id), ["refunding"]);
        world.clock.advance(Duration::from_secs(5));
        process.await_status(order.id, "refunded");
        assert_eq!(process.charges(), 0);
        world.await_told(payment, &["created", "refunded"]);
    }
}

#[test]
fn f21_a_webhook_that_a_crash_cut_off_is_delivered_after_the_start() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_processing");
    process.crash();
    let process = Process::start(&world);
    world.clock.advance(Duration::from_secs(2));
    process.await_status(order.id, "succeeded");
    assert_eq!(process.number("select count(*) from notifications"), Some(1));
    world.await_told(payment, &["created"]);
}
