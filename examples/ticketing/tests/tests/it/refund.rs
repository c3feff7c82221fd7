//! An administrator gives the money back.

use serde_json::json;
use ticketing_tests::market::order_path;
use ticketing_tests::{Person, eventually, wait::SOON};

use crate::shared::shared;

#[test]
fn a_refunded_ticket_is_for_sale_again() {
    let shared = shared();
    let admin = shared.admin();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let ticket = seller.sell("Refunded", 100);
    let order = buyer.buy(&ticket);
    seller.await_ticket(&ticket, "sold");
    let path = format!("{}/refund", order_path(&order));
    let reason = json!({"reason": "the concert was called off"});
    buyer.post(&path, &reason).problem(403, "forbidden");
    seller.post(&path, &reason).problem(403, "forbidden");

    let answered = admin.post(&path, &reason).expect(202).json();
    assert_eq!(answered["id"], order["id"]);
    buyer.await_payment(&order, "refunded");
    buyer.await_order(&order, "refunded");
    let ticket = seller.await_ticket(&ticket, "available");
    eventually("no second refund", SOON, || {
        let again = admin.post(&path, &reason);
        if again.status() == 409 { Ok(again) } else { Err(again) }
    })
    .problem(409, "order_not_refundable");

    Person::sign_up(&shared.server, "next").buy(&ticket);
    assert_eq!(buyer.payments(&order).len(), 1, "refunded once");
}

#[test]
fn only_a_paid_order_is_refundable() {
    let shared = shared();
    let admin = shared.admin();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let order = buyer.reserve(&seller.sell("Unpaid", 100));
    let path = format!("{}/refund", order_path(&order));
    let refused = admin.post(path, &json!({"reason": "no"}));
    refused.problem(409, "order_not_refundable");
}
