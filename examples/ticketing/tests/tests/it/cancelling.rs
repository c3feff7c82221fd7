//! A buyer thinks again.

use ticketing_tests::market::order_path;
use ticketing_tests::{Person, eventually, wait::SOON};

use crate::shared::shared;

#[test]
fn a_cancelled_order_frees_the_ticket_for_the_next_buyer() {
    let shared = shared();
    let person = |name| Person::sign_up(&shared.server, name);
    let (seller, first, second) = (person("seller"), person("first"), person("second"));
    let ticket = seller.sell("Cancelled once", 100);

    let order = first.reserve(&ticket);
    first.delete(order_path(&order)).expect(204);
    let cancelled = first.get(order_path(&order)).expect(200).json();
    assert_eq!(cancelled["status"], "cancelled", "at once for the one who cancelled");

    let free = seller.await_ticket(&ticket, "available");
    assert_eq!(free.get("orderId"), None);
    second.buy(&ticket);
    let sold = seller.await_ticket(&ticket, "sold");
    assert_eq!(first.get(order_path(&order)).expect(200).json()["status"], "cancelled");
    assert_ne!(sold["orderId"], order["id"]);
}

#[test]
fn a_cancelled_order_can_be_neither_cancelled_again_nor_paid() {
    let shared = shared();
    let (seller, buyer) =
        (Person::sign_up(&shared.server, "seller"), Person::sign_up(&shared.server, "buyer"));
    let order = buyer.reserve(&seller.sell("Twice", 100));
    // The payments service has to know of the order before it can refuse it by its state.
    buyer.pay(&order, "pm_card_chargeDeclined").problem(402, "payment_declined");
    buyer.delete(order_path(&order)).expect(204);
    buyer.delete(order_path(&order)).problem(409, "order_not_cancellable");
    eventually("payments to know", SOON, || {
        // Until the news arrives the payment succeeds, and is refunded.
        let answer = buyer.try_pay(&order, "pm_card_chargeDeclined");
        if answer.status() == 409 { Ok(answer) } else { Err(answer) }
    })
    .problem(409, "order_not_payable");
}
