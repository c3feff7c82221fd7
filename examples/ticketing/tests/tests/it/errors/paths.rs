//! 404 and 405.

use std::collections::{BTreeMap, BTreeSet};

use ticketing_tests::Request;

use super::matrix::Matrix;
use super::routes::{Cast, NOTHING, Route, all};
use crate::shared::shared;

/// Strings that are no id. Some are not even text.
const NO_IDS: [&str; 16] = [
    "abc",
    "0",
    "-1",
    "null",
    "01890a5d-ac96-774b-bcce-b302099a805",
    "01890a5d-ac96-774b-bcce-b302099a80577",
    "01890a5d-ac96-774b-bcce-b302099a805g",
    "%2001890a5d-ac96-774b-bcce-b302099a8057",
    "%00",
    "%FF%FE",
    "%zz",
    "%",
    "..%2f..%2fetc%2fpasswd",
    "%F0%9F%8E%9F",
    "'%20or%201=1%20--",
    "{id}",
];

/// The request of a route about `id`, with a body that breaks no rule.
fn request(route: &Route, id: &str) -> Request {
    let request = Request::new(route.method, route.at(id));
    if route.body.is_some() { request.json(&route.good()) } else { request }
}

fn with_id() -> impl Iterator<Item = Route> {
    all().into_iter().filter(|route| route.path.contains("{id}"))
}

#[test]
fn a_malformed_id_is_not_found() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let long = "x".repeat(10_000);
    let mut matrix = Matrix::default();
    for route in with_id() {
        let client = cast.caller(&route);
        for id in NO_IDS.into_iter().chain([long.as_str()]) {
            matrix.case(format!("{}: {id:.60}", route.name()), || {
                client.send(request(&route, id)).problem(404, "not_found");
            });
        }
    }
    matrix.finish();
}

#[test]
fn an_id_of_nothing_is_not_found() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_id() {
        matrix.case(route.name(), || {
            let answer = cast.caller(&route).send(request(&route, NOTHING));
            answer.problem(404, "not_found");
        });
    }
    matrix.finish();
}

#[test]
fn no_route_is_not_found() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    let long = format!("/api/{}", "x/".repeat(5_000));
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api//tickets",
        "/api/users/nothing/here",
        "/api/tickets/mine/too",
        "/api/orders/x/y/z",
        "/api/payments/x/y/z",
        "/api/expiration",
        "/API/TICKETS",
        "/.well-known/nothing",
        "/nothing",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/../Cargo.toml",
        "/api/tickets%00",
        "/%FF",
        "/.env",
        "/.git/config",
        long.as_str(),
    ] {
        for method in ["GET", "POST", "DELETE"] {
            for client in [&shared.server.client(), cast.user()] {
                matrix.case(format!("{method} {path:.60}"), || {
                    client.send(Request::new(method, path)).problem(404, "not_found");
                });
            }
        }
    }
    matrix.finish();
}

#[test]
fn another_method_is_not_allowed_and_told_which_are() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in all() {
        methods.entry(route.path).or_default().insert(route.method);
    }
    methods.insert("/api/payments/webhook", ["POST"].into());
    for path in ["/livez", "/readyz", "/metrics", "/.well-known/jwks.json"] {
        methods.insert(path, ["GET"].into());
    }
    let mut matrix = Matrix::default();
    for (path, allowed) in &methods {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            if allowed.contains(method) || shadowed(path, method) {
                continue;
            }
            // The method is judged before the caller: all are told the same.
            for client in [&shared.server.client(), cast.user()] {
                matrix.case(format!("{method} {path}"), || {
                    let target = path.replace("{id}", NOTHING);
                    let answer = client.send(Request::new(method, target));
                    answer.problem(405, "method_not_allowed");
                    let told = answer.header("allow").unwrap_or_default();
                    let mut told: BTreeSet<&str> = told.split(',').map(str::trim).collect();
                    // Both come with every GET, or may.
                    told.remove("HEAD");
                    told.remove("OPTIONS");
                    assert_eq!(told, *allowed, "{answer:?}");
                });
            }
        }
    }
    matrix.finish();
}

/// Paths that are also an id's place in another route, where that one takes the method.
fn shadowed(path: &str, method: &str) -> bool {
    path == "/api/tickets/mine" && matches!(method, "PUT" | "DELETE")
}

#[test]
fn head_is_get_without_a_body() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    let open = |route: &Route| route.method == "GET" && !route.path.contains("{id}");
    for route in all().into_iter().filter(open) {
        matrix.case(route.name(), || {
            cast.caller(&route).send(Request::new("HEAD", route.path)).expect(200);
        });
    }
    matrix.finish();
}
