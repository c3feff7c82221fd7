//! F23: a ban holds in every process, in health at once and with the broker cut off within the bound.

use std::thread;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;
use ticketing_load::record::Kind;
use ticketing_load::session::Answer;
use ticketing_load::{Session, trade::until};

use super::Cluster;

/// Routes of each service that verifies tokens by itself.
const ROUTES: [&str; 3] = ["/api/tickets/mine", "/api/orders", "/api/payments"];

/// In health every process refuses within this time.
const IN_HEALTH: Duration = Duration::from_secs(1);

/// Cut off, every process refuses within this time: the bound of the contract.
const CUT_OFF: Duration = Duration::from_secs(5);

/// What a look at all routes in all processes takes on a busy machine.
const LOOK: Duration = Duration::from_millis(500);

#[test]
#[ignore = "needs PostgreSQL and RabbitMQ installed: run cargo xtask test"]
fn f23_a_banned_user_is_refused_everywhere_also_while_the_broker_is_cut_off() {
    let cluster = Cluster::start();
    let admin =
        cluster.runtime.block_on(Session::sign_up_as(&cluster.target(), "root@load.example"));
    let admin = admin.expect("the administrator");
    let [first, second, innocent] = ["first", "second", "innocent"].map(|who| cluster.sign_up(who));
    for person in [&first, &second, &innocent] {
        cluster.await_answers(person, str::is_empty, Duration::from_secs(15));
    }

    cluster.sign_out_ends_a_stream(&innocent);

    let banned = cluster.ban(&admin, &first);
    cluster.await_answers(&first, |code| code == "account_banned", IN_HEALTH + LOOK);
    println!("in health: everywhere within {:?}", banned.elapsed());
    assert!(cluster.codes(&innocent).iter().all(String::is_empty), "an innocent user is served");

    cluster.rabbitmq.borrow().pause();
    let banned = cluster.ban(&admin, &second);
    // Who cannot hear of bans serves nobody, rather than somebody who is banned.
    // A process that knows that says in its readiness, too, and the ingress has nobody to ask.
    let refused = |code: &str| matches!(code, "account_banned" | "auth_stale" | "unavailable");
    cluster.await_answers(&second, refused, CUT_OFF + LOOK);
    println!("cut off: everywhere within {:?}", banned.elapsed());
    for _ in 0..10 {
        let codes = cluster.codes(&second);
        assert!(codes.iter().all(|code| refused(code)), "once refused, always: {codes:?}");
        thread::sleep(Duration::from_millis(100));
    }

    cluster.rabbitmq.borrow().resume();
    let healed = Duration::from_secs(30);
    cluster.await_answers(&innocent, str::is_empty, healed);
    cluster.await_answers(&second, |code| code == "account_banned", healed);
}

impl Cluster {
    /// A stream of an order ends when auth, another process, ends the session that it is read by.
    /// Nothing happens to the order meanwhile, as it does at a ban.
    fn sign_out_ends_a_stream(&self, seller: &Session) {
        let buyer = self.sign_up("listener");
        let ended = self.runtime.block_on(async {
            let ticket = json!({"title": "Live", "price": 100});
            let ticket = seller.post(Kind::Check, "/api/tickets", &ticket).await;
            let order = json!({"ticketId": ticket.expect("an answer").document["id"]});
            let place = || buyer.post(Kind::Check, "/api/orders", &order);
            let order = until(place, |answer| answer.status == 201).await.expect("an answer");
            let path = format!("/api/orders/{}", order.document["id"].as_str().unwrap_or_default());
            let reserved = |answer: &Answer| answer.document["status"] == "awaiting_payment";
            until(|| buyer.get(Kind::Check, &path), reserved).await.expect("an answer");

            let stream = buyer.listen(&format!("{path}/events")).await.expect("a stream");
            let mut stream = tokio::spawn(stream);
            let early = tokio::time::timeout(2 * IN_HEALTH, &mut stream).await;
            assert!(early.is_err(), "it ended before: {early:?}");
            let out = buyer.post(Kind::Check, "/api/users/signout", &json!({})).await;
            assert_eq!(out.expect("an answer").status, 200);
            let begun = Instant::now();
            // The process judges a stream once a second, and hears of the sign-out within another.
            let end = tokio::time::timeout(2 * IN_HEALTH + LOOK, stream).await;
            let told = end.expect("the end").expect("no panic").expect("a stream to its end");
            assert!(told.contains("awaiting_payment") && !told.contains("cancelled"), "{told}");
            begun.elapsed()
        });
        println!("a stream ended {ended:?} after its session");
    }

    fn ban(&self, admin: &Session, user: &Session) -> Instant {
        let path = format!("/api/users/{}/ban", user.id);
        let body = json!({"reason": "fraud"});
        let ban = admin.send(Kind::Check, Method::PUT, &path, Some(&body), None);
        let answer = self.runtime.block_on(ban).expect("an answer");
        assert_eq!(answer.status, 200, "{:?}", answer.document);
        Instant::now()
    }

    /// The code that each route of each process refuses a user with; none where it serves. The
    /// ingress takes the processes in turn.
    fn codes(&self, user: &Session) -> Vec<String> {
        let ask = async {
            let mut codes = Vec::new();
            for path in ROUTES.into_iter().flat_map(|path| [path; 4]) {
                let answer = user.get(Kind::Check, path).await.expect("an answer");
                codes.push(answer.code().to_owned());
            }
            codes
        };
        self.runtime.block_on(ask)
    }

    #[track_caller]
    fn await_answers(&self, user: &Session, is_it: impl Fn(&str) -> bool, limit: Duration) {
        let begun = Instant::now();
        loop {
            let asked = begun.elapsed();
            let codes = self.codes(user);
            if codes.iter().all(|code| is_it(code)) {
                return;
            }
            assert!(asked < limit, "after {asked:?}: {codes:?}\n{}", self.system.tail(40));
        }
    }
}
