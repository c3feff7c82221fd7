//! F2: many buyers, one ticket.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Barrier};
use std::thread;

use serde_json::{Value, json};
use ticketing_tests::client::Site;
use ticketing_tests::{Client, Person, Server};
use uuid::Uuid;

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

/// The harness can fail: against a shop that sells a seat to everybody, it counts everybody.
#[test]
fn a_shop_that_sells_twice_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let site = Arc::new(Site::new(listener.local_addr().expect("its address"), Vec::new()));
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let mut reader = BufReader::new(socket);
            // The head; the body is of no interest.
            reader.by_ref().lines().map_while(Result::ok).find(String::is_empty);
            let id = Uuid::now_v7();
            let answer = format!(
                "HTTP/1.1 201 Created\r\nx-request-id: {id}\r\ncontent-length: 2\r\n\r\n{{}}"
            );
            reader.get_mut().write_all(answer.as_bytes()).ok();
        }
    });
    let clients: Vec<Client> = (0..BUYERS).map(|_| Client::new(&site)).collect();
    let clients: Vec<&Client> = clients.iter().collect();
    let answers = rush(&clients, &json!({"id": Uuid::now_v7().to_string()}));
    assert_eq!(count(&answers), BTreeMap::from([(201, BUYERS)]));
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
