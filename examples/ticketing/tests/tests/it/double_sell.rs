//! F2: many buyers, one ticket.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use ticketing_tests::{Person, Server};

const BUYERS: usize = 200;
/// Passwords are slow by design, and few at a time are hashed.
const SIGN_UPS_AT_ONCE: usize = 4;

#[test]
fn of_many_buyers_at_once_exactly_one_gets_the_ticket() {
    let server = Server::start();
    let seller = Person::sign_up(&server, "seller");
    let buyers = crowd(&server);
    let ticket = seller.sell("One seat", 100);
    // The orders service knows the ticket before the rush: what is tested is the rush.
    seller.order_answer(&ticket).problem(409, "own_ticket");

    let start = Barrier::new(BUYERS);
    let answers: Vec<(usize, u16)> = thread::scope(|scope| {
        let rush: Vec<_> = buyers
            .iter()
            .enumerate()
            .map(|(index, buyer)| {
                let (start, ticket) = (&start, &ticket);
                scope.spawn(move || {
                    start.wait();
                    (index, buyer.try_order(ticket).status())
                })
            })
            .collect();
        rush.into_iter().map(|buyer| buyer.join().expect("a buyer")).collect()
    });

    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for (_, status) in &answers {
        *counts.entry(*status).or_default() += 1;
    }
    assert_eq!(counts, BTreeMap::from([(201, 1), (409, BUYERS - 1)]));
    let winner = answers.iter().find(|(_, status)| *status == 201).map(|(index, _)| index);
    let winner = &buyers[*winner.expect("a winner")];
    let order = winner.get("/api/orders").expect(200).json()["items"][0].clone();
    winner.await_order(&order, "awaiting_payment");
    winner.pay(&order, "pm_card_visa").expect(201);
    let sold = seller.await_ticket(&ticket, "sold");
    assert_eq!(sold["orderId"], order["id"]);
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
