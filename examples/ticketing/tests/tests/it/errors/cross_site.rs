//! 403 `cross_site_request`: a browser is sent here by another site.

use ticketing_tests::Request;
use ticketing_tests::person::ACCESS;

use super::matrix::Matrix;
use super::routes::{Cast, Route, Who, all};
use crate::shared::{Shared, shared};

/// Headers of a browser on a page of another site.
fn foreign(shared: &Shared) -> Vec<Vec<(&'static str, String)>> {
    let own = shared.server.url();
    let neighbour = own.replace("127.0.0.1", "127.0.0.1.example.org");
    let other_port = "http://127.0.0.1:1".to_owned();
    let mut all: Vec<Vec<(&str, String)>> =
        ["cross-site", "same-site"].map(|site| vec![("sec-fetch-site", site.to_owned())]).into();
    for origin in ["null".to_owned(), "http://evil.example".to_owned(), neighbour, other_port] {
        all.push(vec![("origin", origin)]);
    }
    all
}

/// Headers of a browser on a page of this site, and of what is no browser.
fn own(shared: &Shared) -> Vec<Vec<(&'static str, String)>> {
    vec![
        vec![],
        vec![("sec-fetch-site", "same-origin".to_owned())],
        vec![("sec-fetch-site", "none".to_owned())],
        vec![("origin", shared.server.url())],
    ]
}

fn with(request: Request, headers: &[(&'static str, String)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
}

fn sets_cookies(route: &Route) -> bool {
    ["signup", "signin", "refresh"].iter().any(|name| route.path.ends_with(name))
}

fn is_unsafe(route: &Route) -> bool {
    route.method != "GET"
}

#[test]
fn unsafe_requests_with_a_session_from_another_site_are_refused() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let headers = foreign(&shared);
    let mut matrix = Matrix::default();
    for route in all().iter().filter(|route| is_unsafe(route)) {
        let client = cast.user().twin();
        for headers in &headers {
            matrix.case(format!("{}: {headers:?}", route.name()), || {
                let good = route.bare().json(&route.good());
                let answer = client.send(with(good, headers));
                answer.problem(403, "cross_site_request");
                // It comes before all but the route: neither caller nor body matter.
                let answer = client.send(with(route.bare().json_bytes("{"), headers));
                answer.problem(403, "cross_site_request");
            });
        }
    }
    matrix.finish();
}

/// X8: who can sign you in as somebody else sees what you do.
#[test]
fn signing_in_is_protected_without_a_session_too() {
    let shared = shared();
    let nobody = shared.server.client();
    let mut matrix = Matrix::default();
    for route in all().iter().filter(|route| sets_cookies(route)) {
        for headers in foreign(&shared) {
            matrix.case(format!("{}: {headers:?}", route.name()), || {
                let good = route.bare().json(&route.good());
                nobody.send(with(good, &headers)).problem(403, "cross_site_request");
            });
        }
    }
    matrix.finish();
}

#[test]
fn an_invalid_session_cookie_is_one_all_the_same() {
    let shared = shared();
    let client = shared.server.client();
    client.set_cookie(ACCESS, "nonsense");
    let mut matrix = Matrix::default();
    let guarded = |route: &&Route| is_unsafe(route) && route.who != Who::Anyone;
    for route in all().iter().filter(guarded) {
        matrix.case(route.name(), || {
            let request = route.bare().header("sec-fetch-site", "cross-site");
            client.send(request).problem(403, "cross_site_request");
        });
    }
    matrix.finish();
}

/// X6: nobody's browser sends a bearer token by itself.
#[test]
fn requests_without_a_cookie_are_exempt() {
    let shared = shared();
    let person = ticketing_tests::Person::sign_up(&shared.server, "bearer");
    let nobody = shared.server.client();
    let bearer = format!("Bearer {}", person.token());
    let mut matrix = Matrix::default();
    for headers in foreign(&shared) {
        matrix.case(format!("{headers:?}"), || {
            let body = serde_json::json!({"title": "Bearer", "price": 1});
            let request = with(Request::post("/api/tickets").json(&body), &headers);
            let signed = request.clone().header("authorization", &bearer);
            nobody.send(signed).expect(201);
            nobody.send(request).problem(401, "unauthenticated");
        });
    }
    matrix.finish();
}

#[test]
fn requests_of_this_site_and_safe_ones_pass() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in all() {
        // Its success would end the caller's session, or never end.
        if route.path.ends_with("signout") || route.path.ends_with("events") {
            continue;
        }
        let pass = if is_unsafe(&route) { own(&shared) } else { foreign(&shared) };
        for headers in pass {
            matrix.case(format!("{}: {headers:?}", route.name()), || {
                let request = with(route.bare().json_bytes("{"), &headers);
                let answer = cast.caller(&route).send(request);
                assert!(!answer.text().contains("cross_site"), "{answer:?}");
            });
        }
    }
    matrix.finish();
}
