//! Whom each route serves, as the router itself says it.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use ticketing_contracts::{OrderId, PaymentId};
use ticketkit_auth::axum::{Access, Rule};

use crate::{
    process::Process,
    world::{BUYER, OTHER, World},
};

const ADMIN: &str = "root@example.com";

/// Who asks: nobody, somebody else, the buyer, an administrator.
const CALLERS: [&str; 4] = ["", OTHER, BUYER, ADMIN];

/// What each of them gets: for an order and a payment of the buyer's, and for what is not there.
const MATRIX: [(&str, [u16; 4]); 8] = [
    ("POST /api/payments", [401, 403, 201, 403]),
    ("POST /api/payments, none", [401, 404, 404, 404]),
    ("POST /api/payments/{id}/confirm", [401, 403, 200, 403]),
    ("POST /api/payments/{id}/confirm, none", [401, 404, 404, 404]),
    ("GET /api/payments", [401, 200, 200, 200]),
    ("GET /api/payments, none", [401, 200, 200, 200]),
    // Whoever asks, it is the signature that counts.
    ("POST /api/payments/webhook", [400, 400, 400, 400]),
    ("POST /api/payments/webhook, none", [400, 400, 400, 400]),
];

fn request(process: &Process<'_>, rule: &Rule, who: &str, there: bool) -> Request<Body> {
    let order = if there { process.awaiting_payment().id } else { OrderId::new() };
    let (path, body) = match rule.path {
        "/api/payments/{id}/confirm" => {
            let token = "pm_card_authenticationRequired";
            let id = if there { process.paid(order, token) } else { PaymentId::new() };
            (rule.path.replace("{id}", &id.to_string()), json!({}))
        }
        path => (path.to_owned(), json!({"orderId": order, "token": "pm_card_visa"})),
    };
    let body = if rule.method.is_safe() { Value::Null } else { body };
    let auth = &process.world.auth;
    let cookie = match who {
        ADMIN => auth.cookie_for(&auth.grant(who).role("admin")),
        _ => auth.cookie(who),
    };
    let request = Request::builder().method(&rule.method).uri(path);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let request = if who.is_empty() { request } else { request.header(header::COOKIE, cookie) };
    request.body(Body::from(body.to_string())).unwrap()
}

/// What the guard of a route alone decides, whatever its handler has to say after that.
#[track_caller]
fn hold_against(rule: &Rule, [nobody, stranger, _, admin]: [u16; 4]) {
    let refused = |status| [401, 403].contains(&status);
    match &rule.access {
        Access::Anyone => assert!(!refused(nobody), "{rule:?}: {nobody}"),
        Access::SignedIn => assert_eq!(nobody, 401, "{rule:?}"),
        _ => {
            assert_eq!((nobody, stranger), (401, 403), "{rule:?}");
            assert!(!refused(admin), "{rule:?}: {admin}");
        }
    }
}

#[test]
fn a1_a2_a3_every_route_serves_whom_it_says_and_nobody_else() {
    let world = World::new();
    let process = Process::start(&world);
    let mut found = Vec::new();
    for rule in &process.rules {
        for (there, note) in [(true, ""), (false, ", none")] {
            let ask = |who| process.send(request(&process, rule, who, there)).status;
            let statuses = CALLERS.map(ask);
            hold_against(rule, statuses);
            found.push((format!("{} {}{note}", rule.method, rule.path), statuses));
        }
    }
    let found: Vec<_> = found.iter().map(|(route, statuses)| (&**route, *statuses)).collect();
    assert_eq!(found, MATRIX);
}

#[test]
fn x1_every_route_that_writes_for_a_user_refuses_what_another_site_sends() {
    let world = World::new();
    let process = Process::start(&world);
    for rule in &process.rules {
        let mut request = request(&process, rule, BUYER, false);
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        let answer = process.send(request);
        let refused = String::from_utf8_lossy(&answer.body).contains("cross_site_request");
        let writes_for_a_user = !rule.method.is_safe() && rule.access != Access::Anyone;
        assert_eq!(refused, writes_for_a_user, "{rule:?}: {answer:?}");
    }
}
