//! F2: many buyers, one ticket.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};
use ticketing_tests::{Client, Person, Server};

use crate::sabotage::sabotage;

const BUYERS: usize = 200;
/// Passwords are slow by design, and few at a time are hashed.
const SIGN_UPS_AT_ONCE: usize = 4;

#[test]
fn f2_of_many_buyers_at_once_exactly_one_gets_the_ticket() {
    let server = Server::start();
    let seller = Person::sign_up(&server, "seller");
    let buyers = crowd(&server);
    let ticket = seller.sell("One seat", 100);
    // The orders service knows the ticket before the rush: what is tested is the rush.
    seller.order_answer(&ticket).problem(409, "own_ticket");

    let clients: Vec<&Client> = buyers.iter().map(|buyer| &buyer.client).collect();
    let answers = rush(&clients, &ticket);
    assert_eq!(count(&answers), BTreeMap::from([(201, 1), (409, BUYERS - 1)]));

    let winner = answers.iter().position(|status| *status == 201).map(|index| &buyers[index]);
    let winner = winner.expect("a winner");
    let order = winner.get("/api/orders").expect(200).json()["items"][0].clone();
    winner.await_order(&order, "awaiting_payment");
    winner.pay(&order, "pm_card_visa").expect(201);
    let sold = seller.await_ticket(&ticket, "sold");
    assert_eq!(sold["orderId"], order["id"]);
}

/// The harness can fail: without the index that decides the race, it counts several buyers.
#[test]
fn f2_without_its_index_the_shop_sells_to_several() {
    // Those who come together in one process share a transaction, and are one order.
    const TRIES: usize = 20;
    let server = Server::start();
    sabotage(&server, "orders", "drop index orders_active_by_ticket");
    let seller = Person::sign_up(&server, "seller");
    let buyers: Vec<Person> = (0..8).map(|_| Person::sign_up(&server, "buyer")).collect();
    let clients: Vec<&Client> = buyers.iter().map(|buyer| &buyer.client).collect();
    let several = (0..TRIES).any(|_| {
        let ticket = seller.sell("One seat", 100);
        seller.order_answer(&ticket).problem(409, "own_ticket");
        rush(&clients, &ticket).into_iter().filter(|status| *status == 201).count() > 1
    });
    assert!(several, "sold once each time: what decides the race is not what we think");
}

/// Everybody orders at the same moment; the status that each is answered.
fn rush(buyers: &[&Client], ticket: &Value) -> Vec<u16> {
    let start = Barrier::new(buyers.len());
    let body = json!({"ticketId": ticket["id"]});
    thread::scope(|scope| {
        let rush: Vec<_> = buyers
            .iter()
            .map(|buyer| {
                let (start, body) = (&start, &body);
                scope.spawn(move || {
                    start.wait();
                    buyer.post("/api/orders", body).status()
                })
            })
            .collect();
        rush.into_iter().map(|buyer| buyer.join().expect("a buyer")).collect()
    })
}

fn count(answers: &[u16]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for status in answers {
        *counts.entry(*status).or_default() += 1;
    }
    counts
}

fn crowd(server: &Server) -> Vec<Person> {
    thread::scope(|scope| {
        let desks: Vec<_> = (0..SIGN_UPS_AT_ONCE)
            .map(|_| {
                scope.spawn(move || {
                    (0..BUYERS / SIGN_UPS_AT_ONCE)
                        .map(|_| Person::sign_up(server, "buyer"))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        desks.into_iter().flat_map(|desk| desk.join().expect("a desk")).collect()
    })
}
