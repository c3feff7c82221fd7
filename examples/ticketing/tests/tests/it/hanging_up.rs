//! Clients that leave before the answer. What they asked for happens whole or not at all.

use std::time::Duration;

use serde_json::{Value, json};
use ticketing_tests::market::{items, order_path, ticket_path};
use ticketing_tests::{Dice, Person, Request, eventually, wait::SOON};

use crate::shared::shared;

const ROUNDS: usize = 12;

fn pause(dice: &mut Dice) -> Duration {
    Duration::from_micros(dice.below(6_000))
}

#[test]
fn a_payment_whose_payer_hangs_up_is_made_once_or_not_at_all() {
    let shared = shared();
    let mut dice = Dice::from_env(7);
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    for round in 0..ROUNDS {
        let ticket = seller.sell(&format!("Hung up {round}"), 100);
        let order = buyer.reserve(&ticket);
        buyer.pay(&order, "pm_card_chargeDeclined").problem(402, "payment_declined");
        let body = json!({"orderId": order["id"], "token": "pm_card_visa"});
        for _ in 0..3 {
            let request = Request::post("/api/payments").json(&body);
            buyer.client.hang_up(request, pause(&mut dice));
        }
        // Whatever became of those three: the order is paid, or can be.
        eventually("the order to be paid", SOON, || {
            let answer = buyer.try_pay(&order, "pm_card_visa");
            match answer.status() {
                201 => Ok(()),
                409 if answer.text().contains("already_paid") => Ok(()),
                _ => Err(answer),
            }
        });
        buyer.await_order(&order, "complete");
        seller.await_ticket(&ticket, "sold");
        let payments = buyer.payments(&order);
        let count = |status: &str| payments.iter().filter(|one| one["status"] == status).count();
        assert_eq!(count("succeeded"), 1, "round {round}: {payments:?}");
        assert_eq!(count("succeeded") + count("failed"), payments.len(), "{payments:?}");
    }
}

#[test]
fn an_order_whose_buyer_hangs_up_is_placed_whole_or_not_at_all() {
    let shared = shared();
    let mut dice = Dice::from_env(8);
    let seller = Person::sign_up(&shared.server, "seller");
    for round in 0..ROUNDS {
        let buyer = Person::sign_up(&shared.server, "buyer");
        let ticket = seller.sell(&format!("Left {round}"), 100);
        seller.order_answer(&ticket).problem(409, "own_ticket");
        let body = json!({"ticketId": ticket["id"]});
        let request = Request::post("/api/orders").json(&body);
        buyer.client.hang_up(request, pause(&mut dice));
        let order = eventually("the order to be there, or possible", SOON, || {
            let answer = buyer.try_order(&ticket);
            let mine = items(&buyer.get("/api/orders").expect(200).json());
            match (answer.status(), mine.as_slice()) {
                (201 | 409, [order]) => Ok(order.clone()),
                _ => Err((answer, mine)),
            }
        });
        buyer.await_order(&order, "awaiting_payment");
        let reserved = buyer.await_ticket(&ticket, "reserved");
        assert_eq!(reserved["orderId"], order["id"]);
        buyer.client.hang_up(Request::delete(order_path(&order)), pause(&mut dice));
        eventually("the order to be cancelled, or possible to", SOON, || {
            let answer = buyer.delete(order_path(&order));
            if matches!(answer.status(), 204 | 409) { Ok(()) } else { Err(answer) }
        });
        buyer.await_order(&order, "cancelled");
        seller.await_ticket(&ticket, "available");
    }
}

#[test]
fn tickets_whose_seller_hangs_up_are_whole() {
    let shared = shared();
    let mut dice = Dice::from_env(9);
    let seller = Person::sign_up(&shared.server, "seller");
    for _ in 0..ROUNDS {
        let body = json!({"title": "Left", "price": 100});
        seller.client.hang_up(Request::post("/api/tickets").json(&body), pause(&mut dice));
    }
    let buyer = Person::sign_up(&shared.server, "buyer");
    let mine: Vec<Value> = items(&seller.get("/api/tickets/mine").expect(200).json());
    for ticket in mine {
        // Each that is there is there for everybody: its news were not lost.
        buyer.reserve(&ticket);
        seller.await_ticket(&ticket, "reserved");
        seller.get(ticket_path(&ticket)).expect(200);
    }
}
