//! Two things at once: whichever wins, nothing is paid for nothing and nothing is sold twice.

use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use ticketing_tests::market::{order_path, ticket_path};
use ticketing_tests::{Dice, Person, Server, eventually, wait::SOON};

use crate::shared::shared;

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
        let delay = Duration::from_micros(dice.below(4_000));
        let (paid, cancelled) = thread::scope(|scope| {
            let payer = scope.spawn(|| buyer.try_pay(&order, "pm_card_visa"));
            thread::sleep(delay);
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

fn await_refund(buyer: &Person, order: &Value) {
    eventually("the refund", SOON, || {
        let payments = buyer.payments(order);
        let refunded = payments.iter().filter(|payment| payment["status"] == "refunded").count();
        if refunded == 1 { Ok(()) } else { Err(payments) }
    });
}

/// F3 and F11: the same for paying and the end of the hold.
#[test]
fn paying_at_the_last_moment_never_keeps_money_for_nothing() {
    let server = Server::with(&[("TICKETING_HOLD_SECONDS", "2")]);
    let mut dice = Dice::from_env(11);
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let (mut completed, mut expired) = (0, 0);
    for round in 0..8 {
        let ticket = seller.sell(&format!("Last moment {round}"), 100);
        drop(seller.order_answer(&ticket));
        let asked = SystemTime::now();
        let order = buyer.reserve(&ticket);
        buyer.pay(&order, "pm_card_chargeDeclined").problem(402, "payment_declined");
        let moment =
            asked + dice.between(Duration::from_millis(1_900), Duration::from_millis(2_100));
        thread::sleep(moment.duration_since(SystemTime::now()).unwrap_or_default());
        let paid = buyer.try_pay(&order, "pm_card_visa");
        let over = eventually("the order to be over", SOON, || {
            let order = buyer.get(order_path(&order)).expect(200).json();
            if order["status"] == "awaiting_payment" { Err(order) } else { Ok(order) }
        });
        match (over["status"].as_str(), paid.status()) {
            (Some("complete"), 201) => {
                seller.await_ticket(&ticket, "sold");
                completed += 1;
            }
            (Some("expired"), 201) => {
                await_refund(&buyer, &order);
                seller.await_ticket(&ticket, "available");
            }
            (Some("expired"), 409) => {
                seller.await_ticket(&ticket, "available");
                expired += 1;
            }
            _ => panic!("round {round}: {over} after {paid:?}"),
        }
    }
    println!("{completed} completed, {expired} expired");
}

/// The seller withdraws while somebody buys: one of them is told no, or the order is cancelled.
#[test]
fn withdrawing_and_ordering_at_once_never_leaves_a_lock_on_nothing() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    for round in 0..15 {
        let ticket = seller.sell(&format!("Withdrawn in a hurry {round}"), 100);
        seller.order_answer(&ticket).problem(409, "own_ticket");
        let (withdrawn, ordered) = thread::scope(|scope| {
            let withdrawn = scope.spawn(|| seller.delete(ticket_path(&ticket)));
            let ordered = buyer.try_order(&ticket);
            (withdrawn.join().expect("the seller"), ordered)
        });
        if withdrawn.status() == 204 {
            if ordered.status() == 201 {
                let order = buyer.await_order(&ordered.json(), "cancelled");
                assert!(order["reason"].is_string(), "why: {order}");
            } else {
                ordered.problem(409, "ticket_withdrawn");
            }
            seller.await_ticket(&ticket, "withdrawn");
        } else {
            withdrawn.problem(409, "ticket_reserved");
            buyer.await_order(&ordered.expect(201).json(), "awaiting_payment");
        }
    }
}

/// F15: the price that is paid is the one that was shown. An order placed while the price changes
/// is confirmed at the price it shows, or cancelled with the reason.
#[test]
fn a_price_that_changes_during_the_order_is_never_paid_unseen() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    for round in 0..15 {
        let ticket = seller.sell(&format!("Moving price {round}"), 100);
        seller.order_answer(&ticket).problem(409, "own_ticket");
        let body = json!({"title": "Moving price", "price": 5_000});
        let (edited, ordered) = thread::scope(|scope| {
            let edit = scope.spawn(|| seller.put(ticket_path(&ticket), &body));
            let ordered = buyer.try_order(&ticket);
            (edit.join().expect("the seller"), ordered)
        });
        let order = ordered.expect(201).json();
        let settled = eventually("the lock to be decided", SOON, || {
            let order = buyer.get(order_path(&order)).expect(200).json();
            if order["status"] == "created" { Err(order) } else { Ok(order) }
        });
        assert_eq!(settled["ticket"]["price"], order["ticket"]["price"], "what was shown stays");
        let now = seller.get(ticket_path(&ticket)).expect(200).json();
        match settled["status"].as_str() {
            Some("awaiting_payment") => assert_eq!(now["price"], order["ticket"]["price"]),
            Some("cancelled") => {
                edited.expect(200);
                assert!(settled["reason"].as_str().is_some_and(|r| !r.is_empty()), "{settled}");
                seller.await_ticket(&ticket, "available");
            }
            _ => panic!("{settled}"),
        }
    }
}
