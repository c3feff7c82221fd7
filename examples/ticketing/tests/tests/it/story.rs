//! The main job: sign up, list, search, buy, pay, complete; and the refusals on the way.

use serde_json::{Value, json};
use ticketing_tests::market::{items, order_path, ticket_path};
use ticketing_tests::person::text;
use ticketing_tests::{Person, eventually, wait::SOON};
use uuid::Uuid;

use crate::shared::shared;

#[test]
fn a_ticket_is_sold_from_sign_up_to_receipt() {
    let shared = shared();
    let (seller, buyer) =
        (Person::sign_up(&shared.server, "seller"), Person::sign_up(&shared.server, "buyer"));
    let title = format!("Nina Simone at Montreux {}", seller.id);

    let ticket = seller.sell(&title, 4_250);
    assert_eq!(ticket["title"], title);
    assert_eq!(ticket["price"], 4_250);
    assert_eq!(ticket["currency"], "USD");
    assert_eq!(ticket["userId"], seller.id.as_str());
    assert_eq!(ticket["status"], "available");

    let query = format!("/api/tickets?q=MONTREUX%20{}", seller.id.to_uppercase());
    let found = items(&shared.server.client().get(query).expect(200).json());
    assert_eq!(found.len(), 1, "the search finds it in any case: {found:?}");
    assert_eq!(found[0]["id"], ticket["id"]);

    let order = buyer.order_answer(&ticket).expect(201).json();
    assert_eq!(order["status"], "created");
    assert_eq!(order["userId"], buyer.id.as_str());
    let shown = json!({"id": ticket["id"], "title": title, "price": 4_250, "currency": "USD"});
    assert_eq!(order["ticket"], shown);

    let order = buyer.await_order(&order, "awaiting_payment");
    let reserved = buyer.await_ticket(&ticket, "reserved");
    assert_eq!(reserved["orderId"], order["id"], "the buyer sees which order holds the ticket");

    let payment = buyer.pay(&order, "pm_card_visa").expect(201).json();
    assert_eq!(payment["status"], "succeeded");
    assert_eq!(payment["orderId"], order["id"]);

    let order = buyer.await_order(&order, "complete");
    let sold = seller.await_ticket(&ticket, "sold");
    assert_eq!(sold["orderId"], order["id"], "the seller sees which order has it");

    let paid = buyer.payments(&order);
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0]["amount"], 4_250);
    assert_eq!(paid[0]["currency"], "USD");
    let mine = items(&buyer.get("/api/orders").expect(200).json());
    assert!(mine.iter().any(|item| item["id"] == order["id"]), "the receipt is among my orders");
}

#[test]
fn refusals_on_the_way() {
    let shared = shared();
    let person = |name| Person::sign_up(&shared.server, name);
    let (seller, buyer, late) = (person("seller"), person("buyer"), person("late"));
    let ticket = seller.sell("Refusals", 100);

    seller.order_answer(&ticket).problem(409, "own_ticket");
    let order = buyer.reserve(&ticket);
    late.try_order(&ticket).problem(409, "ticket_reserved");
    buyer.try_order(&ticket).problem(409, "ticket_reserved");

    late.get(order_path(&order)).problem(403, "forbidden");
    seller.get(order_path(&order)).problem(403, "forbidden");
    late.delete(order_path(&order)).problem(403, "forbidden");
    late.pay(&order, "pm_card_visa").problem(403, "forbidden");

    seller.put(ticket_path(&ticket), &edit(200)).problem(409, "ticket_reserved");
    seller.delete(ticket_path(&ticket)).problem(409, "ticket_reserved");

    buyer.pay(&order, "pm_card_visa").expect(201);
    buyer.try_pay(&order, "pm_card_visa").problem(409, "already_paid");
    buyer.await_order(&order, "complete");
    buyer.try_pay(&order, "pm_card_visa").problem(409, "already_paid");
    buyer.delete(order_path(&order)).problem(409, "order_not_cancellable");

    seller.await_ticket(&ticket, "sold");
    seller.put(ticket_path(&ticket), &edit(200)).problem(409, "ticket_sold");
    seller.delete(ticket_path(&ticket)).problem(409, "ticket_sold");
    let refused = eventually("the orders service to know of the sale", SOON, || {
        let response = late.try_order(&ticket);
        if response.text().contains("ticket_sold") { Ok(response) } else { Err(response) }
    });
    refused.problem(409, "ticket_sold");
    seller.order_answer(&ticket).problem(409, "own_ticket");
}

#[test]
fn what_does_not_exist_is_not_found() {
    let shared = shared();
    let buyer = Person::sign_up(&shared.server, "buyer");
    let nothing = json!({"id": Uuid::now_v7().to_string()});
    buyer.get(ticket_path(&nothing)).problem(404, "not_found");
    buyer.get(order_path(&nothing)).problem(404, "not_found");
    buyer.try_order(&nothing).problem(404, "not_found");
    buyer.try_pay(&nothing, "pm_card_visa").problem(404, "not_found");
}

/// Who may know which order holds a ticket: its owner and its buyer, nobody else.
#[test]
fn the_order_of_a_ticket_is_private() {
    let shared = shared();
    let person = |name| Person::sign_up(&shared.server, name);
    let (seller, buyer, other) = (person("seller"), person("buyer"), person("other"));
    let ticket = seller.sell("Private", 100);
    let order = buyer.reserve(&ticket);
    buyer.await_ticket(&ticket, "reserved");
    for (who, sees) in [(&seller, true), (&buyer, true), (&other, false)] {
        let seen = who.get(ticket_path(&ticket)).expect(200).json();
        let expected = if sees { order["id"].clone() } else { Value::Null };
        assert_eq!(seen.get("orderId").cloned().unwrap_or_default(), expected, "{}", who.email);
    }
    let anonymous = shared.server.client().get(ticket_path(&ticket)).expect(200).json();
    assert_eq!(anonymous.get("orderId"), None, "a member that is not there, not null");
}

/// Shapes that a client relies on.
#[test]
fn documents_have_their_members_and_no_others() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let ticket = seller.sell("Shapes", 100);
    members(&ticket, &["currency", "id", "price", "status", "title", "userId", "version"]);
    let order = buyer.reserve(&ticket);
    members(&order, &["expiresAt", "id", "status", "ticket", "userId", "version"]);
    members(&order["ticket"], &["currency", "id", "price", "title"]);
    buyer.pay(&order, "pm_card_visa").expect(201);
    for payment in buyer.payments(&order) {
        members(&payment, &["amount", "createdAt", "currency", "id", "orderId", "status"]);
        assert_time(&text(&payment, "createdAt"));
    }
    assert_time(&text(&order, "expiresAt"));
    for id in [&ticket["id"], &order["id"], &ticket["userId"]] {
        let id = Uuid::parse_str(id.as_str().unwrap_or_default()).expect("a UUID");
        assert_eq!(id.get_version_num(), 7, "{id}");
    }
}

#[track_caller]
fn members(document: &Value, expected: &[&str]) {
    let names: Vec<&str> =
        document.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, expected, "{document}");
}

/// RFC 3339 in UTC.
#[track_caller]
fn assert_time(text: &str) {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    assert!(text.ends_with('Z') && text.contains('T') && digits >= 14, "no UTC time: {text}");
}

fn edit(price: i64) -> Value {
    json!({"title": "Another title", "price": price})
}
