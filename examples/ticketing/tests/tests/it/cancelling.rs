//! A buyer thinks again.

use ticketing_tests::market::order_path;
use ticketing_tests::{Dice, Person};

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
    ticketing_tests::eventually("payments to know", ticketing_tests::wait::SOON, || {
        // Until the news arrives the payment succeeds, and is refunded.
        let answer = buyer.try_pay(&order, "pm_card_chargeDeclined");
        if answer.status() == 409 { Ok(answer) } else { Err(answer) }
    })
    .problem(409, "order_not_payable");
}

/// F1 and F3: whatever the interleaving of paying and cancelling, either the order is complete and
/// the ticket sold, or it is cancelled and the money is back.
#[test]
fn paying_and_cancelling_at_once_never_keeps_money_for_nothing() {
    let shared = shared();
    let mut dice = Dice::from_env(3);
    let (seller, buyer) =
        (Person::sign_up(&shared.server, "seller"), Person::sign_up(&shared.server, "buyer"));
    for round in 0..12 {
        let ticket = seller.sell(&format!("Race {round}"), 100);
        let order = buyer.reserve(&ticket);
        // Known to the payments service, so that the race is between the two requests alone.
        buyer.pay(&order, "pm_card_chargeDeclined").problem(402, "payment_declined");
        let delay = std::time::Duration::from_micros(dice.below(4_000));
        let (paid, cancelled) = std::thread::scope(|scope| {
            let payer = scope.spawn(|| buyer.try_pay(&order, "pm_card_visa"));
            std::thread::sleep(delay);
            let cancelled = buyer.delete(order_path(&order));
            (payer.join().expect("the payer"), cancelled)
        });
        match cancelled.status() {
            204 => {
                buyer.await_order(&order, "cancelled");
                seller.await_ticket(&ticket, "available");
                if paid.status() == 201 {
                    await_refund(&buyer, &order);
                } else {
                    paid.problem(409, "order_not_payable");
                }
            }
            409 => {
                paid.expect(201);
                buyer.await_order(&order, "complete");
                seller.await_ticket(&ticket, "sold");
            }
            _ => panic!("round {round}: {cancelled:?}"),
        }
    }
}

fn await_refund(buyer: &Person, order: &serde_json::Value) {
    ticketing_tests::eventually("the refund", ticketing_tests::wait::SOON, || {
        let payments = buyer.payments(order);
        let refunded = payments.iter().filter(|payment| payment["status"] == "refunded").count();
        if refunded == 1 { Ok(()) } else { Err(payments) }
    });
}
