//! `Idempotency-Key` on payments.

use serde_json::json;
use ticketing_tests::{Person, Request, Response};

use crate::shared::shared;

const HEADER: &str = "idempotency-key";

#[test]
fn the_same_key_and_body_get_the_same_answer() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let order = buyer.reserve(&seller.sell("Same key", 100));
    let first = buyer.pay_with(&order, "pm_card_visa", &[(HEADER, "k-1")]).expect(201);
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = buyer.pay_with(&order, "pm_card_visa", &[(HEADER, "k-1")]).expect(201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);

    let other = buyer.pay_with(&order, "pm_card_processing", &[(HEADER, "k-1")]);
    other.problem(422, "idempotency_key_reused");
    let fresh = buyer.pay_with(&order, "pm_card_visa", &[(HEADER, "k-2")]);
    fresh.problem(409, "already_paid");
    buyer.await_order(&order, "complete");
    assert_eq!(buyer.payments(&order).len(), 1);
}

#[test]
fn a_decline_is_replayed_too() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let order = buyer.reserve(&seller.sell("Replayed decline", 100));
    let pay = || buyer.pay_with(&order, "pm_card_chargeDeclined", &[(HEADER, "d")]);
    pay().problem(402, "payment_declined");
    let again = pay();
    again.problem(402, "payment_declined");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(buyer.payments(&order).len(), 1, "no second attempt");
}

#[test]
fn keys_belong_to_their_user() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    for name in ["one", "two"] {
        let buyer = Person::sign_up(&shared.server, name);
        let order = buyer.reserve(&seller.sell("Everyone's key", 100));
        let paid = buyer.pay_with(&order, "pm_card_visa", &[(HEADER, "shared-key")]).expect(201);
        assert_eq!(paid.header("idempotent-replayed"), None, "{name} got another's answer");
        assert_eq!(paid.json()["orderId"], order["id"]);
    }
}

#[test]
fn many_at_once_with_one_key_are_one_payment() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let order = buyer.reserve(&seller.sell("At once", 100));
    buyer.pay(&order, "pm_card_chargeDeclined").problem(402, "payment_declined");
    let send = || -> Response {
        let body = json!({"orderId": order["id"], "token": "pm_card_visa"});
        buyer.send(Request::post("/api/payments").json(&body).header(HEADER, "at-once"))
    };
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..6).map(|_| scope.spawn(send)).collect();
        clicks.into_iter().map(|click| click.join().expect("a click")).collect()
    });
    // One that arrives while the first is under way may be told so; none may charge again.
    for answer in &answers {
        assert!(matches!(answer.status(), 201 | 409), "{answer:?}");
    }
    assert_eq!(send().expect(201).header("idempotent-replayed"), Some("true"));
    buyer.await_order(&order, "complete");
    let payments = buyer.payments(&order);
    let succeeded = payments.iter().filter(|payment| payment["status"] == "succeeded").count();
    assert_eq!(succeeded, 1, "{payments:?}");
}
