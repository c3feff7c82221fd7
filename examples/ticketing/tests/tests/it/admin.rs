//! Administrators: the list of users, bans.

use std::time::{Duration, Instant};

use serde_json::json;
use ticketing_tests::market::{items, order_path};
use ticketing_tests::person::text;
use ticketing_tests::{Person, Server, eventually, wait::SOON};

use crate::shared::shared;

/// The bound of the contract, with the time that a busy machine takes.
const BOUND: Duration = Duration::from_secs(5 + 5);

#[test]
fn the_named_account_is_an_administrator_and_no_other() {
    let shared = shared();
    let admin = shared.admin();
    let me = admin.get("/api/users/currentuser").expect(200).json();
    assert_eq!(me["currentUser"]["roles"], json!(["admin"]));
    let other = Person::sign_up(&shared.server, "other");
    other.get("/api/users").problem(403, "forbidden");
    let found = admin.get(format!("/api/users?q={}", other.email)).expect(200).json();
    let found = items(&found);
    assert_eq!(found.len(), 1);
    assert_eq!(text(&found[0], "id"), other.id);
    assert_eq!(found[0]["banned"], false);
}

#[test]
fn f23_a_banned_user_is_refused_everywhere() {
    let shared = shared();
    let admin = shared.admin();
    let user = Person::sign_up(&shared.server, "villain");
    let path = format!("/api/users/{}/ban", user.id);
    let banned = admin.put(&path, &json!({"reason": "forged tickets"})).expect(200).json();
    assert_eq!((&banned["id"], &banned["banned"]), (&json!(user.id), &json!(true)));
    for target in ["/api/tickets/mine", "/api/orders", "/api/payments", "/api/users/sessions"] {
        eventually("the ban to be known", BOUND, || {
            let answer = user.get(target);
            if answer.status() == 403 { Ok(answer) } else { Err(answer) }
        })
        .problem(403, "account_banned");
    }
    let sign_in = || {
        let body = json!({"email": user.email, "password": user.password});
        shared.server.client().post("/api/users/signin", &body)
    };
    sign_in().problem(403, "account_banned");

    let lifted = admin.delete(&path).expect(200).json();
    assert_eq!(lifted["banned"], false);
    let back = user.sign_in_again();
    eventually("the lifting to be known", SOON, || {
        let answer = back.get("/api/orders");
        if answer.status() == 200 { Ok(answer) } else { Err(answer) }
    });
    // Lifting a ban does not bring an old session back.
    user.get("/api/orders").problem(401, "session_revoked");
}

#[test]
fn a_ban_withdraws_tickets_and_cancels_open_orders() {
    let shared = shared();
    let admin = shared.admin();
    let person = |name| Person::sign_up(&shared.server, name);
    let (villain, buyer, seller) = (person("villain"), person("buyer"), person("seller"));
    let (free, held, paid) =
        (villain.sell("free", 1), villain.sell("held", 1), villain.sell("paid", 1));
    let held_order = buyer.reserve(&held);
    let paid_order = buyer.buy(&paid);
    let own = seller.sell("wanted", 1);
    let own_order = villain.reserve(&own);

    let path = format!("/api/users/{}/ban", villain.id);
    admin.put(&path, &json!({"reason": "forged tickets"})).expect(200);
    buyer.await_ticket(&free, "withdrawn");
    let cancelled = buyer.await_order(&held_order, "cancelled");
    assert_eq!(cancelled["reason"], "seller_banned");
    buyer.await_ticket(&held, "withdrawn");
    seller.await_ticket(&own, "available");
    let seen = admin.get(order_path(&own_order)).expect(200).json();
    assert_eq!(seen["status"], "cancelled");
    assert_eq!(seen["reason"], "user_banned");
    assert_eq!(buyer.get(order_path(&paid_order)).expect(200).json()["status"], "complete");
    buyer.await_ticket(&paid, "sold");
}

#[test]
fn bans_that_make_no_sense_are_refused() {
    let shared = shared();
    let admin = shared.admin();
    let own = format!("/api/users/{}/ban", admin.id);
    let reason = json!({"reason": "me"});
    admin.put(&own, &reason).problem(409, "cannot_ban_self");
    let user = Person::sign_up(&shared.server, "user");
    let path = format!("/api/users/{}/ban", user.id);
    let past = json!({"reason": "r", "until": "2001-01-01T00:00:00Z"});
    admin.put(&path, &past).problem(422, "validation_failed").about("until");
    user.get("/api/orders").expect(200);
}

/// An open stream is a request like others: a ban ends it.
#[test]
fn a_ban_cuts_open_streams() {
    let shared = shared();
    let admin = shared.admin();
    let seller = Person::sign_up(&shared.server, "seller");
    let villain = Person::sign_up(&shared.server, "villain");
    // Complete orders end their stream by themselves; this one is the buyer's, and stays open.
    let order = villain.reserve(&seller.sell("streamed", 1));
    let mut stream = villain.client.events(&format!("{}/events", order_path(&order)));
    stream.next_event().expect("the stream").expect("the present state");
    let path = format!("/api/users/{}/ban", villain.id);
    admin.put(&path, &json!({"reason": "forged tickets"})).expect(200);
    let start = Instant::now();
    // The order's own end may be told before the cut; a read that fails is a cut as well.
    while let Ok(Some(event)) = stream.next_event() {
        assert_eq!(event.data["status"], "cancelled", "{event:?}");
    }
    assert!(start.elapsed() < BOUND, "open for {:?} after the ban", start.elapsed());
}

#[test]
fn a_ban_with_an_end_ends() {
    const ADMIN: &str = "admin@example.org";
    // The end of a hold is a time in the near future, in the form that a ban takes.
    let server = Server::with(&[("TICKETING_ADMIN_EMAIL", ADMIN), ("TICKETING_HOLD_SECONDS", "4")]);
    let admin = Person::sign_up_as(&server, ADMIN);
    let user = Person::sign_up(&server, "user");
    let order = user.order(&admin.sell("A while", 1));
    let body = json!({"reason": "cool down", "until": order["expiresAt"]});
    let banned = admin.put(format!("/api/users/{}/ban", user.id), &body).expect(200).json();
    assert_eq!((&banned["banned"], &banned["until"]), (&json!(true), &order["expiresAt"]));
    let sign_in = || {
        let body = json!({"email": user.email, "password": user.password});
        server.client().post("/api/users/signin", &body)
    };
    sign_in().problem(403, "account_banned");
    eventually("the ban to end", SOON, || {
        let answer = sign_in();
        if answer.status() == 200 { Ok(()) } else { Err(answer) }
    });
    let back = user.sign_in_again();
    for target in ["/api/users/sessions", "/api/tickets/mine", "/api/orders", "/api/payments"] {
        back.get(target).expect(200);
    }
    let target = format!("/api/users?q={}", user.email);
    let seen = items(&admin.get(target).expect(200).json());
    assert_eq!(seen[0]["banned"], false, "{seen:?}");
}
