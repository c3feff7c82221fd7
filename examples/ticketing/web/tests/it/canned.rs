//! The documents that the services answer with.

use http::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) const PEOPLE: [&str; 3] = ["buyer", "seller", "admin"];

/// The n-th id.
pub(crate) fn id(n: u32) -> String {
    format!("01931f2e-7c4a-7000-8000-{n:012}")
}

pub(crate) fn user(name: &str) -> Value {
    let number = PEOPLE.iter().position(|known| *known == name).unwrap_or(9);
    let roles = if name == "admin" { json!(["user", "admin"]) } else { json!(["user"]) };
    json!({ "id": id(u32::try_from(number).unwrap()), "email": format!("{name}@example.com"), "roles": roles })
}

pub(crate) fn problem(status: u16, code: &str, errors: &[(&str, &str)]) -> Value {
    let mut entries: Vec<Value> = errors
        .iter()
        .map(|(field, message)| json!({ "field": field, "message": message, "pointer": format!("/{field}") }))
        .collect();
    if entries.is_empty() {
        entries.push(json!({ "message": "Title of the service" }));
    }
    json!({
        "type": format!("https://ticketkit.dev/problems/{}", code.replace('_', "-")),
        "title": "Title of the service",
        "status": status,
        "code": code,
        "service": "fake",
        "errors": entries,
    })
}

pub(crate) fn ticket(n: u32, title: &str, price: i64, currency: &str, status: &str) -> Value {
    json!({
        "id": id(n), "title": title, "price": price, "currency": currency,
        "userId": id(1), "status": status, "version": 3,
    })
}

pub(crate) fn order(n: u32, status: &str) -> Value {
    let soon = time::OffsetDateTime::now_utc() + time::Duration::seconds(754);
    let soon = soon.format(&time::format_description::well_known::Rfc3339).unwrap();
    let reason = (status == "cancelled").then_some("buyer");
    json!({
        "id": id(n), "userId": id(0), "status": status, "reason": reason, "expiresAt": soon, "version": 2,
        "ticket": { "id": id(100), "title": "Berlin Philharmonic, 14 May, block C row 4", "price": 8450, "currency": "EUR" },
    })
}

pub(crate) const STATES: [&str; 6] =
    ["created", "awaiting_payment", "complete", "cancelled", "expired", "refunded"];

fn tickets() -> Vec<Value> {
    vec![
        ticket(100, "Berlin Philharmonic, 14 May, block C row 4", 8450, "EUR", "available"),
        ticket(101, "Roller derby semi-final", 1999, "USD", "reserved"),
        ticket(
            102,
            "Kraftwerk, Düsseldorf, standing, with a very long title that has to wrap over several lines on a phone",
            12_000,
            "EUR",
            "sold",
        ),
        ticket(103, "Improv night", 950, "CHF", "withdrawn"),
        ticket(104, "<script>alert('xss')</script>", 1, "GBP", "available"),
        ticket(
            105,
            "City derby, away stand, seats 14 and 15 together",
            1_234_500,
            "SEK",
            "available",
        ),
    ]
}

/// What a path answers unless a test says otherwise.
pub(crate) fn document(method: &Method, path: &str) -> Option<(StatusCode, Value)> {
    let ok = |body: Value| Some((StatusCode::OK, body));
    let list = |items: Vec<Value>| json!({ "items": items, "next": "cursor-1" });
    match (method, path) {
        (&Method::GET, "/api/tickets" | "/api/tickets/mine") => ok(list(tickets())),
        (&Method::GET, "/api/orders") => {
            ok(list((200..).zip(STATES).map(|(n, state)| order(n, state)).collect()))
        }
        (&Method::GET, "/api/payments") => ok(json!({ "items": [], "next": null })),
        (&Method::GET, "/api/users") => ok(list(accounts())),
        (&Method::GET, "/api/users/sessions") => ok(json!({ "items": sessions(), "next": null })),
        (&Method::POST, "/api/tickets") => {
            Some((StatusCode::CREATED, ticket(100, "New", 100, "USD", "available")))
        }
        (&Method::POST, "/api/orders") => Some((StatusCode::CREATED, order(200, "created"))),
        (&Method::POST, "/api/payments") => Some((
            StatusCode::CREATED,
            json!({ "id": id(300), "orderId": id(201), "status": "succeeded" }),
        )),
        (&Method::GET, path) => {
            if let Some(known) = path.strip_prefix("/api/users/") {
                let known = known.strip_suffix("/history")?;
                let user = accounts().into_iter().find(|account| account["id"] == known)?;
                return ok(json!({ "user": user, "items": audit(), "next": "cursor-1" }));
            }
            if let Some(known) = path.strip_prefix("/api/orders/") {
                let state = (200..).zip(STATES).find(|(n, _)| id(*n) == known);
                return state.and_then(|(n, state)| ok(order(n, state)));
            }
            let known = path.strip_prefix("/api/tickets/")?;
            tickets().into_iter().find(|ticket| ticket["id"] == known).and_then(ok)
        }
        (&Method::DELETE, path) if path.starts_with("/api/") => {
            Some((StatusCode::NO_CONTENT, json!({})))
        }
        (_, path) if path.starts_with("/api/users/") || path.starts_with("/api/tickets/") => {
            ok(json!({}))
        }
        _ => None,
    }
}

fn accounts() -> Vec<Value> {
    let mut all: Vec<Value> = PEOPLE.iter().map(|name| user(name)).collect();
    for account in &mut all {
        account["createdAt"] = "2026-11-02T09:30:00Z".into();
        account["banned"] = false.into();
        account["until"] = Value::Null;
        account["reason"] = Value::Null;
    }
    all[1]["banned"] = true.into();
    all[1]["reason"] = "Sold tickets that do not exist".into();
    all[1]["until"] = "2027-01-01T00:00:00Z".into();
    all
}

fn audit() -> Vec<Value> {
    vec![
        json!({
            "at": "2026-11-20T08:00:00Z", "kind": "banned", "address": "192.0.2.17",
            "actorId": id(2), "reason": "Sold tickets <that> do not exist",
        }),
        json!({ "at": "2026-11-19T08:00:00Z", "kind": "sign_in_failed" }),
        json!({ "at": "2026-11-19T07:00:00Z", "kind": "signed_up", "address": "192.0.2.17" }),
    ]
}

fn sessions() -> Vec<Value> {
    let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1";
    [(chrome, true), (phone, false)]
        .iter()
        .zip(400..)
        .map(|((agent, current), n)| {
            json!({
                "sid": id(n), "createdAt": "2026-11-20T08:00:00Z", "lastSeenAt": "2026-11-23T06:05:00Z",
                "userAgent": agent, "address": "192.0.2.17", "current": current,
            })
        })
        .collect()
}
