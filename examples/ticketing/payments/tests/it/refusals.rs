//! Who may not pay for what, and when.

use axum::body::Body;
use http::{Request, header};
use serde_json::json;
use ticketing_contracts::{
    OrderId,
    order::{OrderAwaitingPayment, OrderCompleted, OrderExpired, OrderStatus},
};

use crate::{
    process::{Process, send},
    world::{BUYER, HOLD, OTHER, World, ended},
};

#[test]
fn the_object_is_judged_before_its_state() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    process.pay(OrderId::new(), "pm_card_visa").problem(404, "not_found");
    process.send(process.paying(OTHER, order.id, "pm_card_visa")).problem(403, "forbidden");
    process.cancel(&order);
    process.send(process.paying(OTHER, order.id, "pm_card_visa")).problem(403, "forbidden");
    process.pay(order.id, "pm_card_visa").problem(409, "order_not_payable");
    assert_eq!(process.charges(), 0);
}

#[test]
fn an_unknown_token_is_told_before_the_order_is_looked_for() {
    let world = World::new();
    let process = Process::start(&world);
    let problem = process.pay(OrderId::new(), "tok_visa").problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["field"], "token");
    assert_eq!(problem["errors"][0]["pointer"], "/token");
    let malformed = process.post(BUYER, "/api/payments", &json!({"orderId": "x", "token": "t"}));
    let problem = process.send(malformed).problem(400, "malformed_body");
    assert_eq!(problem["errors"][0]["field"], "orderId");
}

#[test]
fn nobody_and_another_site_may_not_pay() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let mut nobody = process.paying(BUYER, order.id, "pm_card_visa");
    nobody.headers_mut().remove(header::COOKIE);
    process.send(nobody).problem(401, "unauthenticated");
    let mut foreign = process.paying(BUYER, order.id, "pm_card_visa");
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    process.send(foreign).problem(403, "cross_site_request");
    let wrong = Request::delete("/api/payments").body(Body::empty()).unwrap();
    assert!(process.send(wrong).headers.contains_key(header::ALLOW));
}

#[test]
fn f11_the_deadline_holds_although_the_timer_is_late() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    world.clock.advance(HOLD);
    process.pay(order.id, "pm_card_visa").problem(409, "order_expired");
    process.publish(&OrderExpired { order: ended(&order, OrderStatus::Expired) });
    process.await_version(&ended(&order, OrderStatus::Expired));
    process.pay(order.id, "pm_card_visa").problem(409, "order_expired");
    assert_eq!(process.charges(), 0);
}

/// The test above can fail: with another deadline the money would be taken.
#[test]
fn f11_without_its_deadline_a_late_payment_would_be_taken() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    world.clock.advance(HOLD);
    process.sabotage("update orders set expires_at = expires_at + 1");
    process.paid(order.id, "pm_card_visa");
    assert_eq!(process.charges(), 1);
}

#[test]
fn f11_the_deadline_holds_for_a_confirmation() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let id = process.paid(order.id, "pm_card_authenticationRequired");
    world.clock.advance(HOLD);
    let answer = process.confirm(BUYER, &id.to_string());
    assert_eq!(answer.status, 409, "{answer:?}");
    process.await_status(order.id, "failed");
    world.await_told(id, &["failed"]);
    assert_eq!(process.charges(), 0);
}

#[test]
fn f12_a_paid_order_is_not_paid_again() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    process.paid(order.id, "pm_card_visa");
    // Before and after the news that the order is complete.
    process.pay(order.id, "pm_card_visa").problem(409, "already_paid");
    let complete = ended(&order, OrderStatus::Complete);
    process.publish(&OrderCompleted { order: complete.clone() });
    process.await_version(&complete);
    process.pay(order.id, "pm_card_visa").problem(409, "already_paid");
    assert_eq!(process.charges(), 1);
}

#[test]
fn f5_old_news_of_an_order_does_nothing() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    process.cancel(&order);
    process.publish(&OrderAwaitingPayment { order: order.clone() });
    process.await_handled(order.id);
    process.pay(order.id, "pm_card_visa").problem(409, "order_not_payable");
}

/// The test above can fail: were it not known how old the state is, the order could be paid again.
#[test]
fn f5_without_its_version_old_news_of_an_order_would_count() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    process.cancel(&order);
    process.sabotage("update orders set version = 0");
    process.publish(&OrderAwaitingPayment { order: order.clone() });
    process.await_version(&order);
    process.paid(order.id, "pm_card_visa");
}

fn clicks(process: &Process<'_>, order: OrderId) -> Vec<u16> {
    let clicks: Vec<_> = (0..20)
        .map(|_| send(process.router.clone(), process.paying(BUYER, order, "pm_card_visa")))
        .map(|click| process.runtime.spawn(click))
        .collect();
    let answers = clicks.into_iter().map(|click| process.runtime.block_on(click).unwrap());
    answers.map(|answer| answer.status).collect()
}

fn twenty_clicks(world: &World) {
    let process = Process::start(world);
    let order = process.awaiting_payment();
    let statuses = clicks(&process, order.id);
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 19, "{statuses:?}");
    assert_eq!(process.charges(), 1);
    assert_eq!(process.statuses(order.id), ["succeeded"]);
}

fn twenty_clicks_without_the_index(world: &World) {
    let process = Process::start(world);
    process.sabotage("drop index payments_live");
    // It takes two clicks that both look before either writes.
    for orders in 1..=20 {
        let order = process.awaiting_payment();
        clicks(&process, order.id);
        if process.charges() > orders {
            return;
        }
    }
    panic!("never charged twice");
}

#[test]
fn f12_twenty_clicks_at_once_are_one_charge() {
    twenty_clicks(&World::new());
}

#[test]
#[ignore = "needs PostgreSQL installed: run cargo xtask test"]
fn f12_twenty_clicks_at_once_are_one_charge_on_postgres() {
    twenty_clicks(&World::on_postgres());
}

/// The tests above catch the fault: without the index there are two charges.
#[test]
fn f12_without_its_index_the_clicks_would_be_several_charges() {
    twenty_clicks_without_the_index(&World::new());
}

#[test]
#[ignore = "needs PostgreSQL installed: run cargo xtask test"]
fn f12_without_its_index_the_clicks_would_be_several_charges_on_postgres() {
    twenty_clicks_without_the_index(&World::on_postgres());
}
