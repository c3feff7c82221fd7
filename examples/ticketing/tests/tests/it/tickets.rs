//! Editing and withdrawing, versions, and prices that change under a buyer's hand.

use serde_json::{Value, json};
use ticketing_tests::market::ticket_path;
use ticketing_tests::{Person, Request, eventually, wait::SOON};

use crate::shared::shared;

fn etag(document: &Value) -> String {
    format!("\"{}\"", document["version"])
}

#[test]
fn the_owner_edits_title_and_price_together() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let ticket = seller.sell("  Trimmed title  ", 100);
    assert_eq!(ticket["title"], "Trimmed title");
    let edited = seller.put(ticket_path(&ticket), &json!({"title": "New", "price": 250}));
    let edited = edited.expect(200).json();
    assert_eq!((&edited["title"], &edited["price"]), (&json!("New"), &json!(250)));
    assert!(edited["version"].as_i64() > ticket["version"].as_i64());
    let partly = seller.put(ticket_path(&ticket), &json!({"title": "Only a title"}));
    partly.problem(400, "malformed_body").about("price");
}

#[test]
fn strangers_neither_edit_nor_withdraw() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let ticket = seller.sell("Not yours", 100);
    let stranger = Person::sign_up(&shared.server, "stranger");
    for who in [&stranger, &shared.admin()] {
        let edit = json!({"title": "Mine now", "price": 1});
        who.put(ticket_path(&ticket), &edit).problem(403, "forbidden");
        who.delete(ticket_path(&ticket)).problem(403, "forbidden");
    }
    assert_eq!(seller.get(ticket_path(&ticket)).expect(200).json(), ticket);
}

#[test]
fn the_etag_is_the_version_and_an_old_one_is_refused() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let ticket = seller.sell("Versions", 100);
    let path = ticket_path(&ticket);
    let seen = seller.get(&path).expect(200);
    assert_eq!(seen.header("etag"), Some(etag(&ticket).as_str()));

    let edit = |price: i64, version: &str| {
        let body = json!({"title": "Versions", "price": price});
        seller.send(Request::put(&path).json(&body).header("if-match", version))
    };
    let edited = edit(200, &etag(&ticket)).expect(200).json();
    edit(300, &etag(&ticket)).problem(412, "stale_version");
    edit(300, "\"999999\"").problem(412, "stale_version");
    assert_eq!(seller.get(&path).expect(200).json()["price"], 200);

    let withdraw = |version: &str| seller.send(Request::delete(&path).header("if-match", version));
    withdraw(&etag(&ticket)).problem(412, "stale_version");
    withdraw(&etag(&edited)).expect(204);
}

#[test]
fn a_stale_version_is_told_before_a_state_that_forbids() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let ticket = seller.sell("Order of checks", 100);
    buyer.reserve(&ticket);
    let reserved = seller.await_ticket(&ticket, "reserved");
    let edit = Request::put(ticket_path(&ticket)).json(&json!({"title": "x", "price": 1}));
    let stale = edit.clone().header("if-match", etag(&ticket));
    seller.send(stale).problem(412, "stale_version");
    let current = edit.clone().header("if-match", etag(&reserved));
    seller.send(current).problem(409, "ticket_reserved");
    // Whose it is comes first of all.
    let foreign = edit.header("if-match", etag(&ticket));
    buyer.send(foreign).problem(403, "forbidden");
}

#[test]
fn a_withdrawn_ticket_is_gone_from_the_market() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let ticket = seller.sell("Withdrawn", 100);
    seller.delete(ticket_path(&ticket)).expect(204);
    seller.delete(ticket_path(&ticket)).expect(204);
    assert_eq!(seller.get(ticket_path(&ticket)).expect(200).json()["status"], "withdrawn");
    let edit = json!({"title": "Back", "price": 1});
    seller.put(ticket_path(&ticket), &edit).problem(409, "ticket_withdrawn");
    // An order that was placed before the news of the withdrawal is not confirmed.
    eventually("the orders service to know", SOON, || {
        let answer = buyer.try_order(&ticket);
        if answer.status() == 201 {
            buyer.await_order(&answer.json(), "cancelled");
        }
        if answer.status() == 409 { Ok(answer) } else { Err(answer) }
    })
    .problem(409, "ticket_withdrawn");
}

#[test]
fn currencies_are_answered_in_capitals() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let sell = |currency: &str| {
        seller.post("/api/tickets", &json!({"title": "c", "price": 1, "currency": currency}))
    };
    assert_eq!(sell("eur").expect(201).json()["currency"], "EUR");
    for unknown in ["EURO", "E1R", "", "ZZZ", "JPY"] {
        sell(unknown).problem(422, "validation_failed").about("currency");
    }
}

/// The borders of what a ticket may be, from the inside.
#[test]
fn the_largest_allowed_values_are_allowed() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let title = "🎟".repeat(200);
    let ticket = seller.sell(&title, 100_000_000);
    assert_eq!((&ticket["title"], &ticket["price"]), (&json!(title), &json!(100_000_000)));
    assert_eq!(seller.sell("x", 1)["price"], 1);
    // Characters count, not bytes, and not the spaces around them.
    let padded = format!("   {}   ", "é".repeat(200));
    assert_eq!(seller.sell(&padded, 1)["title"], "é".repeat(200));
}
