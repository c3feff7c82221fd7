//! The order of the checks, and that nothing of a body is read for a caller who is refused before.

use std::time::{Duration, Instant};

use serde_json::json;
use ticketing_tests::http::Content;
use ticketing_tests::{Client, Request, Response};

use super::matrix::Matrix;
use super::routes::{Cast, NOTHING, Route, Who, guarded, with_body};
use crate::shared::shared;

/// An answer that waits for a body takes as long as the patience of somebody; one that does not,
/// milliseconds.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A body that is wrong in every way.
fn dreadful(request: Request) -> Request {
    request.header("content-type", "text/plain").content(Content::Sized(vec![b'{'; 70_000]))
}

#[test]
fn the_method_comes_before_the_caller() {
    let shared = shared();
    let mut matrix = Matrix::default();
    for route in guarded() {
        matrix.case(route.name(), || {
            let request = Request::new("PATCH", route.at(NOTHING));
            let answer = shared.server.client().send(dreadful(request));
            answer.problem(405, "method_not_allowed");
        });
    }
    matrix.finish();
}

#[test]
fn the_caller_comes_before_the_body() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let nobody = shared.server.client();
    let mut matrix = Matrix::default();
    for route in guarded() {
        matrix.case(route.name(), || {
            nobody.send(dreadful(route.bare())).problem(401, "unauthenticated");
            let malformed = Request::new(route.method, route.at("abc")).json_bytes("{");
            nobody.send(malformed).problem(401, "unauthenticated");
            if route.who == Who::Admin {
                cast.user().send(dreadful(route.bare())).problem(403, "forbidden");
            }
        });
    }
    matrix.finish();
}

#[test]
fn the_body_comes_before_the_object() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body().into_iter().filter(|route| route.path.contains("{id}")) {
        let client = cast.caller(&route);
        for id in [NOTHING, "abc"] {
            let request = || Request::new(route.method, route.at(id));
            matrix.case(format!("{} {id}", route.name()), || {
                let plain = dreadful(request());
                client.send(plain).problem(415, "unsupported_media_type");
                client.send(request().json_bytes("{")).problem(400, "malformed_json");
                client.send(request().json(&json!([]))).problem(400, "malformed_body");
                for member in route.members() {
                    if let Some(broken) = member.broken.first() {
                        let body = route.with(member.name, broken.clone());
                        let answer = client.send(request().json(&body));
                        answer.problem(422, "validation_failed");
                    }
                }
            });
        }
    }
    matrix.finish();
}

/// The body of `POST /api/payments` names the order, and is judged whole before it is looked up.
#[test]
fn an_unknown_token_comes_before_an_unknown_order() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let body = json!({"orderId": NOTHING, "token": "pm_card_unheard_of"});
    let answer = cast.user().post("/api/payments", &body);
    answer.problem(422, "validation_failed").about("token");
}

#[test]
fn a_refused_callers_body_is_not_waited_for() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let nobody = shared.server.client();
    let mut matrix = Matrix::default();
    for route in guarded().into_iter().filter(|route| route.body.is_some()) {
        matrix.case(format!("401 {}", route.name()), || {
            at_once(&nobody, &route).problem(401, "unauthenticated");
        });
        if route.who == Who::Admin {
            matrix.case(format!("403 {}", route.name()), || {
                at_once(cast.user(), &route).problem(403, "forbidden");
            });
        }
    }
    matrix.finish();
}

#[test]
fn a_body_that_nobody_takes_is_not_waited_for() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        matrix.case(format!("403 {}", route.name()), || {
            let request = announced(route.bare()).header("sec-fetch-site", "cross-site");
            let answer = unread(cast.user(), request);
            answer.problem(403, "cross_site_request");
        });
        matrix.case(format!("405 {}", route.name()), || {
            let request = announced(Request::new("PATCH", route.at(NOTHING)));
            unread(&client, request).problem(405, "method_not_allowed");
        });
        matrix.case(format!("415 {}", route.name()), || {
            let request = announced(route.bare()).header("content-type", "text/plain");
            unread(&client, request).problem(415, "unsupported_media_type");
        });
        matrix.case(format!("413 {}", route.name()), || {
            at_once(&client, &route).problem(413, "payload_too_large");
        });
    }
    matrix.finish();
}

fn at_once(client: &Client, route: &Route) -> Response {
    unread(client, announced(route.bare()).header("content-type", "application/json"))
}

/// Promises a megabyte and asks whether it is wanted.
fn announced(request: Request) -> Request {
    request.header("expect", "100-continue").content(Content::Announced(1_000_000))
}

#[track_caller]
fn unread(client: &Client, request: Request) -> Response {
    let start = Instant::now();
    let answer = client.send(request);
    let taken = start.elapsed();
    assert!(taken < AT_ONCE, "after {taken:?}: {answer:?}");
    assert!(!answer.head.continued, "it asked for the body: {answer:?}");
    answer
}
