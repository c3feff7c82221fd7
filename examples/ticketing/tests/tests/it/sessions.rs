//! Accounts and sessions.

use serde_json::{Value, json};
use ticketing_tests::market::items;
use ticketing_tests::person::{ACCESS, REFRESH, text};
use ticketing_tests::{Client, Person, Request, eventually, wait::SOON};

use crate::shared::shared;

const GUARDED: [&str; 3] = ["/api/tickets/mine", "/api/orders", "/api/users/sessions"];

#[test]
fn signing_up_signs_in_with_the_cookies_of_the_contract() {
    let shared = shared();
    let client = shared.server.client();
    let body = json!({"email": "Cookie.Monster@Example.org", "password": "canary-password-1"});
    let response = client.post("/api/users/signup", &body).expect(201);
    for name in [ACCESS, REFRESH] {
        let cookie = response.head.all("set-cookie").find(|c| c.starts_with(&format!("{name}=")));
        let cookie = cookie.unwrap_or_else(|| panic!("no cookie {name}: {response:?}"));
        let parts: Vec<String> =
            cookie.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase()).collect();
        for attribute in ["httponly", "samesite=lax", "path=/"] {
            assert!(parts.iter().any(|part| part == attribute), "{attribute}: {cookie}");
        }
        // The public URL is plain HTTP on a loopback address.
        assert!(
            !parts.iter().any(|part| part == "secure" || part.starts_with("domain")),
            "{cookie}"
        );
        let value = client.cookie(name).expect("kept");
        assert!(!response.text().contains(&value), "a token in a body");
    }
    let me = client.get("/api/users/currentuser").expect(200).json();
    assert_eq!(me["currentUser"], response.json());
    assert_eq!(me["currentUser"]["roles"], json!([]));
    let again = json!({"email": "cookie.monster@example.ORG", "password": "canary-password-2"});
    shared.server.client().post("/api/users/signup", &again).problem(409, "email_in_use");
}

/// P7: who may sign in is not told to who may not.
#[test]
fn f17_unknown_and_wrong_are_answered_alike() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "somebody");
    let client = shared.server.client();
    let attempt = |email: &str| {
        let body = json!({"email": email, "password": "canary-password-wrong"});
        let answer = client.post("/api/users/signin", &body);
        let problem = answer.problem(401, "invalid_credentials");
        let mut document = problem.document;
        document.remove("instance");
        (document, answer.head.lasting())
    };
    assert_eq!(attempt(&person.email), attempt("nobody@example.org"));
}

#[test]
fn signing_out_ends_the_session_everywhere_and_that_one_alone() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "leaver");
    let other = person.sign_in_again();
    let thief = person.client.twin();
    let answer = person.send(Request::post("/api/users/signout")).expect(200);
    assert_eq!(answer.json(), json!({}));
    assert_eq!(person.client.cookie(ACCESS), None, "cleared");
    assert_eq!(person.client.cookie(REFRESH), None, "cleared");
    for path in GUARDED {
        await_revoked(&thief, path);
        other.get(path).expect(200);
    }
    thief.send(Request::post("/api/users/refresh")).expect(401);
    let nobody = person.get("/api/users/currentuser").expect(200).json();
    assert_eq!(nobody, json!({"currentUser": null}));
    person.send(Request::post("/api/users/signout")).expect(200);
}

#[test]
fn a_refresh_rotates_and_reuse_ends_the_family() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "refresher");
    let refresh = |client: &Client| client.send(Request::post("/api/users/refresh"));
    let first = person.client.twin();
    refresh(&person.client).expect(200);
    assert_ne!(person.client.cookie(REFRESH), first.cookie(REFRESH));
    // Two tabs at once: the immediate parent gets the same successor.
    refresh(&first.twin()).expect(200);
    let tab = first.twin();
    refresh(&tab).expect(200);
    assert_eq!(tab.cookie(REFRESH), person.client.cookie(REFRESH));
    // Its grandparent is stolen goods.
    refresh(&person.client).expect(200);
    refresh(&first).expect(401);
    assert_eq!(refresh(&person.client).status(), 401, "the family is dead");
}

#[test]
fn a_new_password_ends_all_other_sessions() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "changer");
    let other = person.sign_in_again();
    let old = person.client.twin();
    let body = json!({"current": "canary-password-guess", "new": "canary-password-new"});
    person.put("/api/users/password", &body).problem(401, "invalid_credentials");
    let body = json!({"current": person.password, "new": "canary-password-new"});
    person.put("/api/users/password", &body).expect(200);
    for path in GUARDED {
        await_revoked(&other.client, path);
        await_revoked(&old, path);
        person.get(path).expect(200);
    }
    let sign_in = |password: &str| {
        let body = json!({"email": person.email, "password": password});
        shared.server.client().post("/api/users/signin", &body)
    };
    sign_in(&person.password).problem(401, "invalid_credentials");
    sign_in("canary-password-new").expect(200);
}

#[test]
fn a_user_lists_and_ends_sessions() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "lister");
    let phone = person.sign_in_again();
    let list = |who: &Person| items(&who.get("/api/users/sessions").expect(200).json());
    let sessions = list(&person);
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    for session in &sessions {
        let names: Vec<&String> = session.as_object().expect("an object").keys().collect();
        let members = ["address", "createdAt", "current", "lastSeenAt", "sid", "userAgent"];
        assert_eq!(names, members);
    }
    let others: Vec<&Value> = sessions.iter().filter(|s| s["current"] == false).collect();
    assert_eq!(others.len(), 1, "{sessions:?}");
    let path = format!("/api/users/sessions/{}", text(others[0], "sid"));
    let stranger = Person::sign_up(&shared.server, "stranger");
    stranger.delete(&path).problem(404, "not_found");
    person.delete(&path).expect(204);
    for path in GUARDED {
        await_revoked(&phone.client, path);
        person.get(path).expect(200);
    }
    assert_eq!(list(&person).len(), 1);
}

#[test]
fn failed_attempts_are_counted_and_successes_are_not() {
    // Its own server: attempts count for the address, which all tests share.
    let server = ticketing_tests::Server::start();
    let person = Person::sign_up(&server, "target");
    let attempt = |password: &str| {
        let body = json!({"email": person.email, "password": password});
        server.client().post("/api/users/signin", &body)
    };
    for _ in 0..12 {
        attempt(&person.password).expect(200);
    }
    for _ in 0..10 {
        attempt("canary-password-wrong").problem(401, "invalid_credentials");
    }
    attempt("canary-password-wrong").problem(429, "rate_limited");
}

#[test]
fn bearer_works_like_the_cookie() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "bearer");
    let client = shared.server.client();
    let bearer = format!("Bearer {}", person.token());
    for path in GUARDED {
        client.send(Request::get(path).header("authorization", &bearer)).expect(200);
    }
}

#[test]
fn the_public_keys_are_public_keys() {
    let shared = shared();
    let response = shared.server.client().get("/.well-known/jwks.json").expect(200);
    assert!(response.header("cache-control").is_some_and(|v| v.contains("max-age")));
    let keys = response.json()["keys"].as_array().cloned().expect("keys");
    assert!(!keys.is_empty());
    for key in keys {
        assert!(key["kid"].is_string(), "{key}");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "a private member {private}");
        }
    }
}

/// The news of the end reaches every service, each in its time.
#[track_caller]
fn await_revoked(client: &Client, path: &str) {
    eventually(&format!("{path} to refuse an ended session"), SOON, || {
        let answer = client.get(path);
        if answer.status() == 401 { Ok(answer) } else { Err(answer) }
    })
    .problem(401, "session_revoked");
}
