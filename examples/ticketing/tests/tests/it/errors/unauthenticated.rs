//! 401 in all its ways, and who may not.

use serde_json::json;
use ticketing_tests::person::{ACCESS, REFRESH};
use ticketing_tests::{Client, Person, Request, Response};

use super::matrix::Matrix;
use super::routes::{Cast, NOTHING, Who, guarded};
use super::tokens::{present, ways};
use crate::shared::shared;

/// One guarded route of each service.
const GUARDED: [&str; 4] =
    ["/api/users/sessions", "/api/tickets/mine", "/api/orders", "/api/payments"];

/// The answer without what differs by nature.
fn essence(answer: &Response) -> (u16, Vec<(String, String)>, String) {
    let problem = answer.problem(401, "unauthenticated");
    let instance = problem.document["instance"].as_str().unwrap_or_default().to_owned();
    (answer.status(), answer.head.lasting(), answer.text().replace(&instance, ""))
}

/// T21: the client sees one and the same answer for every invalid token.
#[test]
fn every_invalid_token_is_answered_with_the_same_bytes() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "token");
    let refresh = person.client.cookie(REFRESH).expect("a refresh cookie");
    let ways = ways(&person.token(), &refresh);
    let nobody = shared.server.client();
    let mut matrix = Matrix::default();
    for path in GUARDED {
        let expected = essence(&nobody.get(path));
        for way in &ways {
            matrix.case(format!("{path}: {}", way.0), || {
                let answer = nobody.send(present(Request::get(path), way));
                assert_eq!(essence(&answer), expected);
            });
        }
    }
    matrix.finish();
    // The token itself is right: what was refused is how it came.
    for path in GUARDED {
        person.get(path).expect(200);
    }
}

#[test]
fn a_route_open_to_anyone_takes_an_invalid_token_for_none() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "token");
    let refresh = person.client.cookie(REFRESH).expect("a refresh cookie");
    let ticket = person.sell("Open", 100);
    let nobody = shared.server.client();
    let mut matrix = Matrix::default();
    for way in ways(&person.token(), &refresh) {
        matrix.case(way.0.clone(), || {
            let me = nobody.send(present(Request::get("/api/users/currentuser"), &way));
            assert_eq!(me.expect(200).json(), json!({"currentUser": null}));
            let path = ticketing_tests::market::ticket_path(&ticket);
            nobody.send(present(Request::get(path), &way)).expect(200);
            nobody.send(present(Request::get("/api/tickets"), &way)).expect(200);
        });
    }
    matrix.finish();
}

#[test]
fn every_guarded_route_refuses_who_is_not_signed_in() {
    let shared = shared();
    let nobody = shared.server.client();
    let forger = shared.server.client();
    forger.set_cookie(ACCESS, "e30.e30.e30");
    let mut matrix = Matrix::default();
    for route in guarded() {
        for (name, client) in [("nobody", &nobody), ("forger", &forger)] {
            matrix.case(format!("{name}: {}", route.name()), || {
                client.send(route.bare()).problem(401, "unauthenticated");
                let good = route.bare().json(&route.good());
                client.send(good).problem(401, "unauthenticated");
            });
        }
    }
    matrix.case("refresh", || {
        let refresh = || Request::post("/api/users/refresh");
        nobody.send(refresh()).problem(401, "unauthenticated");
        let bad = refresh().header("cookie", format!("{REFRESH}=nonsense"));
        nobody.send(bad).problem(401, "unauthenticated");
    });
    matrix.finish();
}

#[test]
fn routes_of_administrators_refuse_everybody_else() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in guarded().into_iter().filter(|route| route.who == Who::Admin) {
        matrix.case(route.name(), || {
            let good = route.bare().json(&route.good());
            cast.user().send(good).problem(403, "forbidden");
        });
    }
    matrix.finish();
}

/// X5: a header does not make another method of a request.
#[test]
fn method_overrides_are_ignored() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "override");
    let ticket = person.sell("Override", 100);
    let path = ticketing_tests::market::ticket_path(&ticket);
    for header in ["x-http-method-override", "x-method-override", "x-http-method"] {
        person.send(Request::get(&path).header(header, "DELETE")).expect(200);
    }
    person.get(format!("{path}?_method=DELETE")).expect(200);
    assert_eq!(person.get(&path).expect(200).json()["status"], "available");
}

/// A client's own request id is kept if it is one, else replaced.
#[test]
fn request_ids_are_kept_or_replaced() {
    let shared = shared();
    let client: Client = shared.server.client();
    let ask = |id: &str| {
        let answer = client.send(Request::get("/api/nothing").header("x-request-id", id));
        answer.header("x-request-id").unwrap_or_default().to_owned()
    };
    assert_eq!(ask(NOTHING), NOTHING);
    for bad in ["", "abc", "01890a5d-ac96-774b-bcce", "x'; drop", &"9".repeat(5_000)] {
        assert_ne!(ask(bad), bad);
    }
}
