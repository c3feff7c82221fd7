//! Whom each route serves, as the router itself says it.

use serde_json::{Value, json};
use ticketkit_auth::axum::{Access, Rule};
use uuid::Uuid;

use crate::world::World;

/// Who asks: nobody, somebody else, the buyer, an administrator.
const CALLERS: [&str; 4] = ["", "stranger", "buyer", "admin"];

/// What each of them gets: at an order of the buyer's, and at one that is not there.
const MATRIX: [(&str, [u16; 4]); 12] = [
    ("POST /api/orders", [401, 201, 201, 201]),
    ("DELETE /api/orders/{id}", [401, 403, 204, 403]),
    ("DELETE /api/orders/{none}", [401, 404, 404, 404]),
    ("POST /api/orders/{id}/refund", [401, 403, 403, 202]),
    ("POST /api/orders/{none}/refund", [401, 403, 403, 404]),
    ("GET /api/orders", [401, 200, 200, 200]),
    ("GET /api/orders/{id}", [401, 403, 200, 200]),
    ("GET /api/orders/{none}", [401, 404, 404, 404]),
    ("GET /api/orders/{id}/events", [401, 403, 200, 200]),
    ("GET /api/orders/{none}/events", [401, 404, 404, 404]),
    ("GET /api/orders/{id}/history", [401, 403, 403, 200]),
    ("GET /api/orders/{none}/history", [401, 403, 403, 404]),
];

/// Returns a body that the route takes.
async fn body(world: &World, rule: &Rule) -> Value {
    match (rule.method.as_str(), rule.path) {
        ("POST", "/api/orders") => json!({"ticketId": world.offer("seller").await.id}),
        ("POST", _) => json!({"reason": "the show is off"}),
        _ => Value::Null,
    }
}

/// Makes an order that the route can do its work on, and returns its id.
async fn order(world: &World, rule: &Rule) -> String {
    let ticket = world.offer("seller").await;
    let order = match rule.path {
        // What is paid is given back.
        "/api/orders/{id}/refund" => world.buy("buyer", &ticket).await.0,
        _ => world.order("buyer", &ticket).await,
    };
    order["id"].as_str().unwrap().to_owned()
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

async fn ask(world: &World, rule: &Rule, target: &str) -> [u16; 4] {
    let mut statuses = [0; 4];
    for (status, who) in statuses.iter_mut().zip(CALLERS) {
        let id = match target {
            // Each time anew: one of them cancels it.
            "{id}" => order(world, rule).await,
            _ => Uuid::now_v7().to_string(),
        };
        let path = rule.path.replace("{id}", &id);
        let body = body(world, rule).await;
        // Without its end: a stream has none.
        let answer = world.raw(world.request(who, rule.method.as_str(), &path, &body)).await;
        *status = answer.status().as_u16();
    }
    hold_against(rule, statuses);
    statuses
}

#[tokio::test]
async fn a1_a2_a3_every_route_serves_whom_it_says_and_nobody_else() {
    let world = World::new().await;
    let mut found = Vec::new();
    for rule in &world.rules {
        let targets = if rule.path.contains("{id}") { &["{id}", "{none}"][..] } else { &["{id}"] };
        for target in targets {
            let route = format!("{} {}", rule.method, rule.path.replace("{id}", target));
            found.push((route, ask(&world, rule, target).await));
        }
    }
    let found: Vec<_> = found.iter().map(|(route, statuses)| (&**route, *statuses)).collect();
    assert_eq!(found, MATRIX);
}

#[tokio::test]
async fn x1_every_route_that_writes_refuses_what_another_site_sends() {
    let world = World::new().await;
    for rule in &world.rules {
        let path = rule.path.replace("{id}", &Uuid::now_v7().to_string());
        let body = body(&world, rule).await;
        let mut request = world.request("buyer", rule.method.as_str(), &path, &body);
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        let answer = world.exchange(request).await;
        let refused = answer.body["code"] == "cross_site_request";
        assert_eq!(refused, !rule.method.is_safe(), "{rule:?}: {answer:?}");
    }
}
