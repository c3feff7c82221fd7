//! What the provider may say, and who else may not.

use std::time::Duration;

use aws_lc_rs::hmac;
use axum::body::Body;
use http::Request;
use serde_json::json;
use sqlx::Row;
use ticketing_contracts::PaymentId;
use ticketing_payments::provider::signature::{TOLERANCE, sign};
use ticketkit_events::Timestamp;

use crate::{
    process::{Answer, Process, send},
    world::{BUYER, World},
};

const PATH: &str = "/api/payments/webhook";

fn key(process: &Process<'_>) -> hmac::Key {
    let select = sqlx::query("select value from builtin_secrets where name = 'webhook'");
    let row = process.runtime.block_on(select.fetch_one(process.database.reader())).unwrap();
    let digits: Vec<char> = row.get::<String, _>(0).chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    hmac::Key::new(hmac::HMAC_SHA256, &digits.chunks(2).map(byte).collect::<Vec<_>>())
}

fn signed(process: &Process<'_>, at: Timestamp, body: &[u8]) -> Request<Body> {
    let signature = sign(&key(process), at, body);
    let request = Request::post(PATH).header("ticketing-signature", signature);
    request.body(Body::from(body.to_vec())).unwrap()
}

fn tell(process: &Process<'_>, body: &[u8]) -> Answer {
    process.send(signed(process, process.world.clock.now(), body))
}

fn event(id: &str, payment: PaymentId, status: &str) -> Vec<u8> {
    let charge = json!({ "id": "ch_1", "key": payment.to_string(), "status": status });
    json!({ "id": id, "created": "2026-11-23T06:15:00Z", "charge": charge }).to_string().into()
}

#[test]
fn whatever_is_not_signed_just_now_is_refused() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_processing");
    let body = event("evt_1", payment, "succeeded");
    let now = world.clock.now();

    let bare = |value: Option<&str>| {
        let mut request = Request::post(PATH).body(Body::from(body.clone())).unwrap();
        if let Some(value) = value {
            request.headers_mut().insert("ticketing-signature", value.parse().unwrap());
        }
        request
    };
    let good = sign(&key(&process), now, &body);
    let stranger = hmac::Key::new(hmac::HMAC_SHA256, b"guessed");
    process.send(bare(None)).problem(400, "bad_signature");
    for header in ["", "v1=", "t=1,v1=00", &sign(&stranger, now, &body), &good.replace("v1", "v0")]
    {
        process.send(bare(Some(header))).problem(400, "bad_signature");
    }
    let mut twice = bare(Some(&good));
    twice.headers_mut().append("ticketing-signature", good.parse().unwrap());
    process.send(twice).problem(400, "bad_signature");
    let mut changed = bare(Some(&good));
    *changed.body_mut() = Body::from(event("evt_2", payment, "succeeded"));
    process.send(changed).problem(400, "bad_signature");
    let second = Duration::from_secs(1);
    for at in [now - TOLERANCE - second, now + TOLERANCE + second] {
        process.send(signed(&process, at, &body)).problem(400, "bad_signature");
    }
    assert_eq!(process.statuses(order.id), ["processing"]);
    process.send(bare(Some(&good))).expect(200);
    assert_eq!(process.statuses(order.id), ["succeeded"]);
}

#[test]
fn the_form_is_judged_after_the_signature_and_the_size_before() {
    let world = World::new();
    let process = Process::start(&world);
    for text in [&b"{"[..], b"", b"\xff"] {
        tell(&process, text).problem(400, "malformed_json");
        let request = Request::post(PATH).body(Body::from(text.to_vec())).unwrap();
        process.send(request).problem(400, "bad_signature");
    }
    tell(&process, b"{\"id\":5}").problem(400, "malformed_body");
    tell(&process, &event("evt_1", PaymentId::new(), "lost")).problem(400, "malformed_body");
    tell(&process, &vec![b' '; 64 * 1024 + 1]).problem(413, "payload_too_large");
    // A charge that is not ours is no reason to be told again.
    tell(&process, &event("evt_2", PaymentId::new(), "succeeded")).expect(200);
}

#[test]
fn the_provider_has_no_session_and_no_origin() {
    let world = World::new();
    let process = Process::start(&world);
    let body = event("evt_1", PaymentId::new(), "succeeded");
    let mut request = signed(&process, world.clock.now(), &body);
    request.headers_mut().insert("cookie", world.auth.cookie(BUYER).parse().unwrap());
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    request.headers_mut().insert("authorization", "Bearer nonsense".parse().unwrap());
    process.send(request).expect(200);
}

#[test]
fn f20_an_event_that_comes_again_is_answered_and_does_nothing() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_processing");
    tell(&process, &event("evt_0", payment, "processing")).expect(200);
    // It is known by its id, whatever it says now.
    tell(&process, &event("evt_0", payment, "succeeded")).expect(200);
    assert_eq!(process.statuses(order.id), ["processing"]);
    for _ in 0..3 {
        tell(&process, &event("evt_1", payment, "succeeded")).expect(200);
    }
    // Another event that says the same, and one that is older than what is known.
    tell(&process, &event("evt_2", payment, "succeeded")).expect(200);
    tell(&process, &event("evt_3", payment, "processing")).expect(200);
    tell(&process, &event("evt_4", payment, "failed")).expect(200);
    assert_eq!(process.statuses(order.id), ["succeeded"]);
    world.await_told(payment, &["created"]);
    // Recorded, processing, succeeded: each step tells once.
    assert_eq!(process.version(payment), 3);
}

/// The test above can fail: without its note the event is taken for another one.
#[test]
fn f20_without_its_note_an_event_would_count_again() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_processing");
    tell(&process, &event("evt_0", payment, "processing")).expect(200);
    process.sabotage("delete from notifications");
    tell(&process, &event("evt_0", payment, "succeeded")).expect(200);
    assert_eq!(process.statuses(order.id), ["succeeded"]);
}

#[test]
fn f20_it_is_answered_only_once_it_is_durable() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_processing");
    let body = event("evt_1", payment, "succeeded");
    let request = signed(&process, world.clock.now(), &body);
    // While somebody else is at the payment, nothing of it can be committed, and so nothing is answered.
    let writing = process.runtime.block_on(async {
        let mut writing = process.database.begin().await.unwrap();
        writing.lock(&format!("payment/{payment}")).await.unwrap();
        writing
    });
    let mut told = process.runtime.spawn(send(process.router.clone(), request));
    let early = process
        .runtime
        .block_on(async { tokio::time::timeout(Duration::from_millis(200), &mut told).await });
    let before = process.statuses(order.id);
    process.runtime.block_on(writing.rollback()).unwrap();
    assert!(early.is_err(), "answered before the commit: {early:?}");
    assert_eq!(before, ["processing"]);
    process.runtime.block_on(told).unwrap().expect(200);
    assert_eq!(process.statuses(order.id), ["succeeded"]);
}

#[test]
fn f3_a_charge_that_succeeds_after_it_was_given_up_goes_back() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_processing");
    tell(&process, &event("evt_1", payment, "failed")).expect(200);
    assert_eq!(process.statuses(order.id), ["failed"]);
    let paid = process.paid(order.id, "pm_card_visa");
    world.clock.advance(Duration::from_secs(2));
    let refunded = || match process.statuses(order.id) {
        statuses if statuses == ["succeeded", "refunded"] => Ok(()),
        statuses => Err(statuses),
    };
    crate::world::eventually(refunded);
    world.await_told(payment, &["failed", "refunded"]);
    world.await_told(paid, &["created"]);
    assert_eq!(process.charges(), 1);
}
