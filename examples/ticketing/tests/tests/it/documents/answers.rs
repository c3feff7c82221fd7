//! Every answer is as described, and everything that is described is answered.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use ticketing_tests::{
    Person, Response,
    described::Described,
    eventually,
    market::{order_path, ticket_path},
    wait::SOON,
};

use super::{general::general, judge::Judge};
use crate::shared::{Shared, shared};

/// What takes a fault of the machine, a wait, or a client that breaks off.
const RARE: [&str; 8] = [
    "internal",
    "timeout",
    "unavailable",
    "auth_stale",
    "session_expired",
    "incomplete_body",
    "rate_limited",
    "order_expired",
];

/// What the outside cannot bring about: the provider alone can sign, and an attempt that is not
/// answered yet, or another one that paid, is there for a moment only.
const HIDDEN: [(&str, u16, &str); 5] = [
    ("POST /api/payments/webhook", 200, ""),
    ("POST /api/payments/webhook", 400, "malformed_json"),
    ("POST /api/payments/webhook", 400, "malformed_body"),
    ("POST /api/payments/{id}/confirm", 409, "payment_in_progress"),
    ("POST /api/payments/{id}/confirm", 409, "already_paid"),
];

#[test]
fn answers_are_as_described_and_what_is_described_is_answered() {
    let shared = shared();
    let judge = Judge::new(Described::by(&shared.server.client()));
    general(&shared, &judge);
    operators(&shared, &judge);
    users(&shared, &judge);
    tickets(&shared, &judge);
    orders(&shared, &judge);
    payments(&shared, &judge);
    let mut unseen = judge.unseen();
    let total = unseen.len();
    unseen.retain(|(_, _, code)| !RARE.contains(&code.as_str()));
    let hidden = HIDDEN.map(|(name, status, code)| (name.to_owned(), status, code.to_owned()));
    assert_eq!(unseen, BTreeSet::from(hidden), "described and never answered ({total})");
}

fn operators(shared: &Shared, judge: &Judge) {
    let client = shared.server.client();
    for path in [
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/asyncapi.json",
        "/.well-known/jwks.json",
        "/.well-known/ticketkit/revocations",
    ] {
        judge.ask(&client, "GET", path, &Value::Null).expect(200);
    }
}

fn users(shared: &Shared, judge: &Judge) {
    let (admin, nothing) = (shared.admin(), Value::Null);
    let client = shared.server.client();
    let ask = |method: &str, path: &str, body: &Value| judge.ask(&client, method, path, body);
    let email = format!("described-{}@example.org", uuid::Uuid::now_v7());
    let account = json!({"email": email, "password": "canary-password"});
    ask("POST", "/api/users/signup", &json!({"email": "x", "password": "x"}))
        .problem(422, "validation_failed");
    let user = ask("POST", "/api/users/signup", &account).expect(201).json();
    ask("POST", "/api/users/signup", &account).problem(409, "email_in_use");
    ask("GET", "/api/users/currentuser", &nothing).expect(200);
    ask("POST", "/api/users/refresh", &nothing).expect(200);
    ask("POST", "/api/users/signin", &json!({"email": email, "password": "wrong"}))
        .problem(401, "invalid_credentials");
    ask("POST", "/api/users/signin", &account).expect(200);
    let sessions = ask("GET", "/api/users/sessions", &nothing).expect(200).json();
    let other = &sessions["items"].as_array().expect("items").last().expect("two")["sid"];
    let other = format!("/api/users/sessions/{}", other.as_str().expect("a sid"));
    ask("DELETE", &other, &nothing).expect(204);

    let password = "/api/users/password";
    ask("PUT", password, &json!({"current": "canary-password", "new": "short"}))
        .problem(422, "validation_failed");
    ask("PUT", password, &json!({"current": "wrong", "new": "canary-password-2"}))
        .problem(401, "invalid_credentials");
    let changed = json!({"current": "canary-password", "new": "canary-password-2"});
    ask("PUT", password, &changed).expect(200);
    let thief = client.twin();
    ask("POST", "/api/users/signout", &nothing).expect(200);
    judge.ask(&thief, "POST", "/api/users/refresh", &nothing).problem(401, "session_revoked");
    ask("GET", "/api/users/currentuser", &nothing).expect(200);

    let ban = format!("/api/users/{}/ban", user["id"].as_str().expect("an id"));
    let until = |time: &str| json!({"reason": "forged tickets", "until": time});
    let order = |body: &Value| judge.ask(&admin.client, "PUT", &ban, body);
    order(&until("2001-01-01T00:00:00Z")).problem(422, "validation_failed");
    let banned = order(&until("2999-01-01T00:00:00Z")).expect(200).json();
    assert_eq!(banned["banned"], true);
    let now = json!({"email": email, "password": "canary-password-2"});
    ask("POST", "/api/users/signin", &now).problem(403, "account_banned");
    let list = format!("/api/users?q={email}");
    judge.ask(&admin.client, "GET", &list, &nothing).expect(200);
    let history = format!("/api/users/{}/history", user["id"].as_str().expect("an id"));
    judge.ask(&admin.client, "GET", &history, &nothing).expect(200);
    judge.ask(&admin.client, "DELETE", &ban, &nothing).expect(200);
    let own = format!("/api/users/{}/ban", admin.id);
    judge
        .ask(&admin.client, "PUT", &own, &json!({"reason": "a reason"}))
        .problem(409, "cannot_ban_self");
}

fn tickets(shared: &Shared, judge: &Judge) {
    let nothing = Value::Null;
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let ask =
        |method: &str, path: &str, body: &Value| judge.ask(&seller.client, method, path, body);
    let terms = json!({"title": "Described", "price": 100});
    let free = json!({"title": "Described", "price": 0});
    ask("POST", "/api/tickets", &free).problem(422, "validation_failed");
    let ticket = ask("POST", "/api/tickets", &terms).expect(201).json();
    let path = ticket_path(&ticket);
    ask("GET", "/api/tickets?q=described&limit=1", &nothing).expect(200);
    ask("GET", "/api/tickets/mine", &nothing).expect(200);
    judge.ask(&shared.server.client(), "GET", &path, &nothing).expect(200);
    ask("PUT", &path, &free).problem(422, "validation_failed");
    for (method, body) in [("PUT", &terms), ("DELETE", &nothing)] {
        judge.ask(&buyer.client, method, &path, body).problem(403, "forbidden");
        let stale = judge.ask_with(&seller.client, method, &path, |request| {
            let request = request.header("if-match", "\"999\"");
            if body.is_null() { request } else { request.json(body) }
        });
        stale.problem(412, "stale_version");
    }
    ask("PUT", &path, &terms).expect(200);

    // Of the first one, orders may know the terms before the change.
    let ticket = seller.sell("Reserved", 100);
    let path = ticket_path(&ticket);
    let order = buyer.reserve(&ticket);
    ask("GET", &path, &nothing).expect(200);
    ask("PUT", &path, &terms).problem(409, "ticket_reserved");
    ask("DELETE", &path, &nothing).problem(409, "ticket_reserved");
    buyer.pay(&order, "pm_card_visa").expect(201);
    seller.await_ticket(&ticket, "sold");
    ask("PUT", &path, &terms).problem(409, "ticket_sold");
    ask("DELETE", &path, &nothing).problem(409, "ticket_sold");

    let other = ticket_path(&seller.sell("Withdrawn", 1));
    ask("DELETE", &other, &nothing).expect(204);
    ask("PUT", &other, &terms).problem(409, "ticket_withdrawn");
}

fn orders(shared: &Shared, judge: &Judge) {
    let (admin, nothing) = (shared.admin(), Value::Null);
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let other = Person::sign_up(&shared.server, "other");
    let place = |person: &Person, ticket: &Value| {
        judge.ask(&person.client, "POST", "/api/orders", &json!({"ticketId": ticket["id"]}))
    };
    let ticket = seller.sell("Described", 100);
    seller.order_answer(&ticket).problem(409, "own_ticket");
    place(&seller, &ticket).problem(409, "own_ticket");
    let order = place(&buyer, &ticket).expect(201).json();
    let path = order_path(&order);
    place(&other, &ticket).problem(409, "ticket_reserved");
    buyer.await_order(&order, "awaiting_payment");
    judge.ask(&buyer.client, "GET", "/api/orders", &nothing).expect(200);
    judge.ask(&buyer.client, "GET", &path, &nothing).expect(200);
    judge.ask(&other.client, "GET", &path, &nothing).problem(403, "forbidden");
    judge.ask(&other.client, "DELETE", &path, &nothing).problem(403, "forbidden");
    let events = format!("{path}/events");
    judge.ask(&other.client, "GET", &events, &nothing).problem(403, "forbidden");
    judge.ask(&buyer.client, "DELETE", &path, &nothing).expect(204);
    judge.ask(&buyer.client, "DELETE", &path, &nothing).problem(409, "order_not_cancellable");
    // Of an order that is over, the stream ends with its state.
    judge.ask(&buyer.client, "GET", &events, &nothing).expect(200);
    judge.ask(&buyer.client, "GET", &path, &nothing).expect(200);

    let history = format!("{path}/history");
    judge.ask(&buyer.client, "GET", &history, &nothing).problem(403, "forbidden");
    judge.ask(&admin.client, "GET", &history, &nothing).expect(200);
    let refund = format!("{path}/refund");
    let reason = json!({"reason": "the concert was called off"});
    judge
        .ask(&admin.client, "POST", &refund, &json!({"reason": " "}))
        .problem(422, "validation_failed");
    judge.ask(&admin.client, "POST", &refund, &reason).problem(409, "order_not_refundable");

    let ticket = seller.sell("Sold", 100);
    let order = buyer.buy(&ticket);
    until("ticket_sold", || place(&other, &ticket));
    let refund = format!("{}/refund", order_path(&order));
    judge.ask(&admin.client, "POST", &refund, &reason).expect(202);

    let ticket = seller.sell("Withdrawn", 100);
    eventually("orders to know the ticket", SOON, || {
        let answer = place(&seller, &ticket);
        if answer.status() == 409 { Ok(()) } else { Err(answer) }
    });
    seller.delete(ticket_path(&ticket)).expect(204);
    until("ticket_withdrawn", || place(&other, &ticket));
}

/// Asks until a refusal is this one: a service learns of another's news within a moment.
#[track_caller]
fn until(code: &str, ask: impl Fn() -> Response) {
    eventually(code, SOON, || {
        let answer = ask();
        match answer.status() {
            409 if answer.json()["code"] == code => Ok(()),
            _ => Err(answer),
        }
    });
}

fn payments(shared: &Shared, judge: &Judge) {
    let nothing = Value::Null;
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let other = Person::sign_up(&shared.server, "other");
    let reserved = |title: &str| {
        let order = buyer.reserve(&seller.sell(title, 100));
        // Another person is refused only after payments has heard of the order.
        other.pay(&order, "pm_card_visa").problem(403, "forbidden");
        order
    };
    let pay = |person: &Person, order: &Value, token: &str| {
        let body = json!({"orderId": order["id"], "token": token});
        judge.ask(&person.client, "POST", "/api/payments", &body)
    };
    let order = reserved("Paid");
    pay(&other, &order, "pm_card_visa").problem(403, "forbidden");
    pay(&buyer, &order, "pm_card_unheard_of").problem(422, "validation_failed");
    pay(&buyer, &order, "pm_card_chargeDeclined").problem(402, "payment_declined");
    let declined = buyer.payments(&order)[0].clone();
    let confirm = |person: &Person, payment: &Value| {
        let path = format!("/api/payments/{}/confirm", payment["id"].as_str().expect("an id"));
        judge.ask(&person.client, "POST", &path, &json!({}))
    };
    confirm(&buyer, &declined).problem(409, "payment_not_confirmable");
    confirm(&other, &declined).problem(403, "forbidden");
    let keyed = |order: &Value| {
        let body = json!({"orderId": order["id"], "token": "pm_card_authenticationRequired"});
        judge.ask_with(&buyer.client, "POST", "/api/payments", |request| {
            request.json(&body).header("idempotency-key", "described")
        })
    };
    let answer = keyed(&order).expect(201).json();
    assert!(answer["clientSecret"].is_string(), "{answer}");
    assert_eq!(keyed(&order).expect(201).header("idempotent-replayed"), Some("true"));
    pay(&buyer, &order, "pm_card_visa").problem(409, "payment_in_progress");
    confirm(&buyer, &answer).expect(200);
    pay(&buyer, &order, "pm_card_visa").problem(409, "already_paid");
    let list = format!("/api/payments?orderId={}", order["id"].as_str().expect("an id"));
    judge.ask(&buyer.client, "GET", &list, &nothing).expect(200);

    let order = reserved("Cancelled");
    keyed(&order).problem(422, "idempotency_key_reused");
    let waiting = pay(&buyer, &order, "pm_card_authenticationRequired").expect(201).json();
    buyer.delete(order_path(&order)).expect(204);
    // Paying again is refused either way, and tells when payments knows.
    until("order_not_payable", || pay(&buyer, &order, "pm_card_visa"));
    confirm(&buyer, &waiting).problem(409, "order_not_payable");

    let webhook = |body: Vec<u8>| {
        judge.ask_with(&shared.server.client(), "POST", "/api/payments/webhook", |request| {
            request.json_bytes(body)
        })
    };
    webhook(b"{}".to_vec()).problem(400, "bad_signature");
    webhook(vec![b' '; 64 * 1024 + 1]).problem(413, "payload_too_large");
}
