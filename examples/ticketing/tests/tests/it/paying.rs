//! The built-in provider's tokens and what the order does with each.

use std::thread;

use serde_json::{Value, json};
use ticketing_tests::market::order_path;
use ticketing_tests::person::text;
use ticketing_tests::{Person, Server, eventually, wait::SOON};

use crate::sabotage::sabotage;
use crate::shared::shared;

fn pair() -> (std::sync::Arc<crate::shared::Shared>, Person, Person) {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    (shared, seller, buyer)
}

#[test]
fn a_declined_card_leaves_the_order_open_for_another() {
    let (_shared, seller, buyer) = pair();
    let order = buyer.reserve(&seller.sell("Declined", 100));
    buyer.pay(&order, "pm_card_chargeDeclined").problem(402, "payment_declined");
    let open = buyer.get(order_path(&order)).expect(200).json();
    assert_eq!(open["status"], "awaiting_payment");
    buyer.try_pay(&order, "pm_card_visa").expect(201);
    buyer.await_order(&order, "complete");
    let mut states: Vec<String> =
        buyer.payments(&order).iter().map(|payment| text(payment, "status")).collect();
    states.sort();
    assert_eq!(states, ["failed", "succeeded"]);
}

#[test]
fn a_slow_payment_completes_when_the_provider_says_so() {
    let (_shared, seller, buyer) = pair();
    let order = buyer.reserve(&seller.sell("Processing", 100));
    let payment = buyer.pay(&order, "pm_card_processing").expect(201).json();
    assert_eq!(payment["status"], "processing");
    // F12: one live attempt an order.
    buyer.try_pay(&order, "pm_card_visa").problem(409, "payment_in_progress");
    buyer.await_order(&order, "complete");
    buyer.await_payment(&order, "succeeded");
}

#[test]
fn a_payment_that_asks_for_an_action_succeeds_on_confirmation() {
    let (shared, seller, buyer) = pair();
    let order = buyer.reserve(&seller.sell("Action", 100));
    let payment = buyer.pay(&order, "pm_card_authenticationRequired").expect(201).json();
    assert_eq!(payment["status"], "requires_action");
    assert!(!text(&payment, "clientSecret").is_empty());
    buyer.try_pay(&order, "pm_card_visa").problem(409, "payment_in_progress");

    let confirm = format!("/api/payments/{}/confirm", text(&payment, "id"));
    let other = Person::sign_up(&shared.server, "other");
    let refused = other.post(&confirm, &json!({}));
    assert!(matches!(refused.status(), 403 | 404), "someone else's payment: {refused:?}");

    let confirmed = buyer.post(&confirm, &json!({})).expect(200).json();
    assert_eq!(confirmed["status"], "succeeded");
    assert_eq!(confirmed["id"], payment["id"]);
    buyer.await_order(&order, "complete");
    let again = buyer.post(&confirm, &json!({}));
    assert!(matches!(again.status(), 200 | 409), "a second confirmation: {again:?}");
    buyer.await_payment(&order, "succeeded");
}

/// F13: the provider charged and the answer was lost. The reconciler finds out.
#[test]
fn a_charge_whose_answer_was_lost_is_found() {
    let (_shared, seller, buyer) = pair();
    let ticket = seller.sell("Lost answer", 100);
    let order = buyer.reserve(&ticket);
    let payment = buyer.pay(&order, "pm_card_timeoutAfterCharge").expect(201).json();
    assert_eq!(payment["status"], "processing");
    buyer.try_pay(&order, "pm_card_visa").problem(409, "payment_in_progress");
    buyer.await_order(&order, "complete");
    buyer.await_payment(&order, "succeeded");
    seller.await_ticket(&ticket, "sold");
}

/// F3: cancelling while the payment is under way gives the money back when it arrives.
#[test]
fn a_payment_that_arrives_after_the_cancellation_is_refunded() {
    let (_shared, seller, buyer) = pair();
    let ticket = seller.sell("Too late", 100);
    let order = buyer.reserve(&ticket);
    buyer.pay(&order, "pm_card_processing").expect(201);
    buyer.delete(order_path(&order)).expect(204);
    buyer.await_payment(&order, "refunded");
    assert_eq!(buyer.get(order_path(&order)).expect(200).json()["status"], "cancelled");
    seller.await_ticket(&ticket, "available");
}

/// F12: a double click is one charge.
#[test]
fn two_payments_at_once_are_one_charge() {
    let (_shared, seller, buyer) = pair();
    for round in 0..5 {
        let order = buyer.reserve(&seller.sell(&format!("Double click {round}"), 100));
        let answers = four_clicks(&buyer, &order);
        assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == 409).count(), 3, "{answers:?}");
        buyer.await_order(&order, "complete");
        let charged = buyer.payments(&order);
        let succeeded = charged.iter().filter(|payment| payment["status"] == "succeeded").count();
        assert_eq!(succeeded, 1, "{charged:?}");
    }
}

/// The harness can fail: without the index that allows one live attempt, clicks are charges.
#[test]
fn without_its_index_every_click_is_a_charge() {
    let server = Server::start();
    sabotage(&server, "payments", "drop index payments_live");
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let order = buyer.reserve(&seller.sell("Double click", 100));
    let charged = four_clicks(&buyer, &order).into_iter().filter(|status| *status == 201).count();
    assert!(charged > 1, "charged {charged} times: what prevents it is not what we think");
}

/// Four payments at the same moment, for an order that the payments service knows.
fn four_clicks(buyer: &Person, order: &Value) -> Vec<u16> {
    buyer.pay(order, "pm_card_chargeDeclined").problem(402, "payment_declined");
    thread::scope(|scope| {
        let click = || scope.spawn(|| buyer.try_pay(order, "pm_card_visa").status());
        let clicks = [click(), click(), click(), click()];
        clicks.map(|click| click.join().expect("a click")).into()
    })
}

#[test]
fn an_order_is_payable_only_when_its_lock_is_confirmed() {
    let (_shared, seller, buyer) = pair();
    let order = buyer.order(&seller.sell("Impatient", 100));
    let answer = eventually("an answer that is not: unknown as yet", SOON, || {
        let answer = buyer.try_pay(&order, "pm_card_visa");
        if matches!(answer.status(), 404 | 409) { Err(answer) } else { Ok(answer) }
    });
    answer.expect(201);
    buyer.await_order(&order, "complete");
}

#[test]
fn payments_are_their_buyers_own() {
    let (shared, seller, buyer) = pair();
    let order = buyer.buy(&seller.sell("Own", 100));
    assert_eq!(buyer.payments(&order).len(), 1);
    for other in [&seller, &Person::sign_up(&shared.server, "other")] {
        let target = format!("/api/payments?orderId={}", text(&order, "id"));
        let answer = other.get(target);
        match answer.status() {
            200 => assert_eq!(answer.json()["items"], json!([])),
            _ => drop(answer.problem(403, "forbidden")),
        }
    }
}

#[test]
fn a_webhook_without_a_signature_is_refused() {
    let (shared, ..) = pair();
    let client = shared.server.client();
    for body in [json!({}), json!({"type": "payment.succeeded", "id": "evt_1"})] {
        client.post("/api/payments/webhook", &body).problem(400, "bad_signature");
    }
}
