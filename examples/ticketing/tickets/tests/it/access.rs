//! Whom each route serves, as the router itself says it.

use serde_json::{Value, json};
use ticketkit_auth::axum::{Access, Rule};
use uuid::Uuid;

use crate::world::World;

/// Who asks: nobody, somebody else, the seller, an administrator.
const CALLERS: [&str; 4] = ["", "stranger", "seller", "admin"];

/// What each of them gets: at a ticket of the seller's, and at one that is not there.
const MATRIX: [(&str, [u16; 4]); 9] = [
    ("POST /api/tickets", [401, 201, 201, 201]),
    ("PUT /api/tickets/{id}", [401, 403, 200, 403]),
    ("PUT /api/tickets/{none}", [401, 404, 404, 404]),
    ("DELETE /api/tickets/{id}", [401, 403, 204, 403]),
    ("DELETE /api/tickets/{none}", [401, 404, 404, 404]),
    ("GET /api/tickets", [200, 200, 200, 200]),
    ("GET /api/tickets/mine", [401, 200, 200, 200]),
    ("GET /api/tickets/{id}", [200, 200, 200, 200]),
    ("GET /api/tickets/{none}", [404, 404, 404, 404]),
];

/// Returns a body that the route takes.
fn body(rule: &Rule) -> Value {
    match rule.method.as_str() {
        "POST" | "PUT" => json!({"title": "A seat", "price": 1999}),
        _ => Value::Null,
    }
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
            // Each time anew: one of them withdraws it.
            "{id}" => world.sell("seller", "A seat", 1999).await["id"].clone(),
            _ => json!(Uuid::now_v7()),
        };
        let path = rule.path.replace("{id}", id.as_str().unwrap());
        let answer = world.send(who, rule.method.as_str(), &path, body(rule)).await;
        *status = answer.status.as_u16();
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
        let mut request = world.request("seller", rule.method.as_str(), &path, &body(rule));
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        let answer = world.exchange(request).await;
        let refused = answer.body["code"] == "cross_site_request";
        assert_eq!(refused, !rule.method.is_safe(), "{rule:?}: {answer:?}");
    }
}
