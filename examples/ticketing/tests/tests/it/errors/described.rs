//! The table of routes of these tests against `/openapi.json`: one is written from the contract,
//! the other beside the routes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use ticketing_tests::{
    described::{Described, Operation},
    schema::faults,
};

use super::routes::{self, NOTHING, Route, Who};
use crate::shared::shared;

/// What is no route of the table: it takes no JSON of a person, or answers with none.
const OTHERS: [&str; 8] = [
    "/api/payments/webhook",
    "/.well-known/jwks.json",
    "/.well-known/ticketkit/revocations",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/asyncapi.json",
];

#[test]
fn the_contract_and_the_description_have_the_same_routes() {
    let shared = shared();
    let described = Described::by(&shared.server.client());
    let named = |method: &str, path: &str| format!("{method} {}", path.replace("{sid}", "{id}"));
    let operations = described.operations();
    let operations = operations.iter().filter(|operation| !OTHERS.contains(&operation.path));
    let ours: BTreeSet<_> = operations.map(|one| named(&one.method, one.path)).collect();
    let theirs: BTreeSet<_> = routes::all().iter().map(Route::name).collect();
    assert_eq!(ours, theirs);
    let paths = described.document()["paths"].as_object().expect("paths");
    for path in OTHERS {
        assert!(paths.contains_key(path), "{path}");
    }
}

/// Whoever asks with another method is told which there are: those that are described.
#[test]
fn every_path_has_the_described_methods_and_no_others() {
    let shared = shared();
    let client = shared.server.client();
    let described = Described::by(&client);
    let mut methods = BTreeMap::<&str, BTreeSet<String>>::new();
    for operation in described.operations() {
        methods.entry(operation.path).or_default().insert(operation.method);
    }
    assert!(!methods.is_empty());
    for (path, methods) in methods {
        let target = path.replace("{id}", NOTHING).replace("{sid}", NOTHING);
        let answer = client.send(ticketing_tests::Request::new("PROPFIND", target));
        let problem = answer.problem(405, "method_not_allowed");
        assert_eq!(problem.service, owner(path), "{path}");
        let allowed = answer.header("allow").unwrap_or_default();
        let allowed = allowed.split(',').map(|method| method.trim().to_owned());
        let allowed: BTreeSet<_> = allowed.filter(|method| method != "HEAD").collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[test]
fn who_may_ask_is_described() {
    let shared = shared();
    let described = Described::by(&shared.server.client());
    for route in routes::all() {
        let operation = find(&described, &route);
        let security = operation.value["security"].as_array().expect("security");
        let names = |name: &str| security.iter().find_map(|one| one.get(name));
        let bearer = names("bearer");
        match route.who {
            // Anyone: nothing is asked for, or nothing is enough, or the refresh token alone is.
            Who::Anyone => assert!(
                security.is_empty()
                    || security.iter().any(|one| one == &serde_json::json!({}))
                    || names("refreshCookie").is_some() && bearer.is_none(),
                "{}",
                route.name()
            ),
            Who::SignedIn => assert_eq!(bearer, Some(&serde_json::json!([])), "{}", route.name()),
            Who::Admin => {
                assert_eq!(bearer, Some(&serde_json::json!(["admin"])), "{}", route.name());
            }
        }
    }
}

#[test]
fn the_described_bodies_have_the_members_and_the_rules_of_the_contract() {
    let shared = shared();
    let described = Described::by(&shared.server.client());
    let mut rules = 0;
    for route in routes::all() {
        let name = route.name();
        let schema = described.body(&find(&described, &route));
        assert_eq!(schema.is_some(), route.body.is_some(), "{name}");
        let Some(schema) = schema else { continue };
        let wrong = |body: &Value| faults(described.document(), &schema, body);
        assert_eq!(wrong(&route.good()), Vec::<String>::new(), "{name}");
        for member in route.members() {
            let mut without = route.good();
            without.as_object_mut().expect("an object").remove(member.name);
            assert_eq!(wrong(&without).is_empty(), !member.required, "{name}: {}", member.name);
            for value in [Value::Null, Value::from(vec![1])] {
                let body = route.with(member.name, value);
                assert!(!wrong(&body).is_empty(), "{name}: {body}");
            }
            // When a time is in the past no schema can say.
            for value in member.broken.iter().filter(|_| member.name != "until") {
                let body = route.with(member.name, value.clone());
                assert!(!wrong(&body).is_empty(), "{name}: {body}");
                rules += 1;
            }
        }
    }
    assert!(rules > 20, "{rules} broken rules");
}

fn find<'a>(described: &'a Described, route: &Route) -> Operation<'a> {
    let found = described.operation(route.method, &route.at(NOTHING));
    found.unwrap_or_else(|| panic!("{} is not described", route.name()))
}

/// Whose name stands in the problems of a path.
fn owner(path: &str) -> &'static str {
    match path.split('/').nth(2) {
        _ if path.starts_with("/.well-known/") => "auth",
        Some("users") => "auth",
        Some("tickets") => "tickets",
        Some("orders") => "orders",
        Some("payments") => "payments",
        _ => "ticketing",
    }
}
