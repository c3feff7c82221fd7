//! F6: a crash at any point of the story loses nothing that was answered with success.

use std::thread;
use std::time::Duration;

use serde_json::json;
use ticketing_tests::market::{items, order_path, ticket_path};
use ticketing_tests::person::text;
use ticketing_tests::server::{command, empty_folder};
use ticketing_tests::{Dice, Person, Request, Server, eventually, wait::SOON};

/// Kills the process after each answered step, before anything else can happen, and goes on.
#[test]
fn f6_the_story_survives_a_kill_after_each_step() {
    let server = Server::start();
    let seller = Person::sign_up(&server, "seller");
    server.crash();
    let buyer = Person::sign_up(&server, "buyer");
    server.crash();
    for person in [&seller, &buyer] {
        let me = person.get("/api/users/currentuser").expect(200).json();
        assert_eq!(me["currentUser"]["id"], person.id.as_str(), "the session survives");
    }

    let ticket = seller.sell("Crash course", 100);
    server.crash();
    assert_eq!(buyer.get(ticket_path(&ticket)).expect(200).json(), ticket);

    let order = buyer.order(&ticket);
    server.crash();
    assert_eq!(buyer.get(order_path(&order)).expect(200).json()["ticket"], order["ticket"]);
    let order = buyer.await_order(&order, "awaiting_payment");
    server.crash();
    assert_eq!(buyer.get(order_path(&order)).expect(200).json(), order);

    let payment = buyer.pay(&order, "pm_card_visa").expect(201).json();
    server.crash();
    let kept = buyer.payments(&order);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["id"], payment["id"]);
    let order = buyer.await_order(&order, "complete");
    server.crash();
    seller.await_ticket(&ticket, "sold");
    assert_eq!(buyer.get(order_path(&order)).expect(200).json()["status"], "complete");

    seller.send(Request::post("/api/users/signout")).expect(200);
    server.crash();
    let refused = buyer.get(format!("/api/payments?orderId={}", text(&order, "id")));
    assert_eq!(items(&refused.expect(200).json()).len(), 1);
}

#[test]
fn a_cancellation_survives_a_kill() {
    let server = Server::start();
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let ticket = seller.sell("Cancelled, then killed", 100);
    let order = buyer.reserve(&ticket);
    buyer.delete(order_path(&order)).expect(204);
    server.crash();
    assert_eq!(buyer.get(order_path(&order)).expect(200).json()["status"], "cancelled");
    let ticket = seller.await_ticket(&ticket, "available");
    seller.delete(ticket_path(&ticket)).expect(204);
    server.crash();
    assert_eq!(seller.get(ticket_path(&ticket)).expect(200).json()["status"], "withdrawn");
}

/// What the provider has charged is found, though the process died while it waited.
#[test]
fn payments_under_way_survive_a_kill() {
    let server = Server::start();
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    for token in ["pm_card_processing", "pm_card_timeoutAfterCharge"] {
        let order = buyer.reserve(&seller.sell(token, 100));
        let payment = buyer.pay(&order, token).expect(201).json();
        assert_eq!(payment["status"], "processing");
        server.crash();
        buyer.await_order(&order, "complete");
        buyer.await_payment(&order, "succeeded");
    }
    let order = buyer.reserve(&seller.sell("action", 100));
    let payment = buyer.pay(&order, "pm_card_authenticationRequired").expect(201).json();
    server.crash();
    let confirm = format!("/api/payments/{}/confirm", text(&payment, "id"));
    assert_eq!(buyer.post(confirm, &json!({})).expect(200).json()["status"], "succeeded");
    buyer.await_order(&order, "complete");
}

#[test]
fn an_idempotency_key_survives_a_kill() {
    let server = Server::start();
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let order = buyer.reserve(&seller.sell("Key", 100));
    let pay = || buyer.pay_with(&order, "pm_card_visa", &[("idempotency-key", "before-and-after")]);
    let first = pay().expect(201);
    server.crash();
    let again = pay().expect(201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    buyer.await_order(&order, "complete");
}

/// An ended session stays ended; the end is not forgotten with the memory of the process.
#[test]
fn an_ended_session_stays_ended_after_a_kill() {
    let server = Server::start();
    let person = Person::sign_up(&server, "leaver");
    let thief = person.client.twin();
    person.send(Request::post("/api/users/signout")).expect(200);
    server.crash();
    for path in ["/api/users/sessions", "/api/tickets/mine", "/api/orders", "/api/payments"] {
        eventually("the end to be known", SOON, || {
            let answer = thief.get(path);
            if answer.status() == 401 { Ok(answer) } else { Err(answer) }
        })
        .problem(401, "session_revoked");
    }
}

/// Whatever the start was doing: the next one finishes it.
#[test]
fn a_kill_during_the_start_does_no_harm() {
    let mut dice = Dice::from_env(13);
    for round in 0..4 {
        let folder = empty_folder();
        for _ in 0..4 {
            let mut start = command(folder.path()).spawn().expect("a start");
            // The first start makes keys, files and tables in some tenths of a second.
            thread::sleep(dice.between(Duration::ZERO, Duration::from_millis(300)));
            start.kill().expect("its end");
            start.wait().expect("its end");
        }
        let server = Server::in_folder(folder, &[]);
        let (seller, buyer) =
            (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
        buyer.buy(&seller.sell(&format!("Round {round}"), 100));
    }
}
