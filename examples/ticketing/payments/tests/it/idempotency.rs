//! `Idempotency-Key`.

use http::HeaderValue;
use ticketing_contracts::OrderId;

use crate::{
    process::{Answer, Process},
    world::{BUYER, OTHER, World},
};

fn pay(process: &Process<'_>, user: &str, order: OrderId, token: &str, key: &str) -> Answer {
    let mut request = process.paying(user, order, token);
    request.headers_mut().insert("idempotency-key", HeaderValue::from_str(key).unwrap());
    process.send(request)
}

fn replayed(answer: &Answer) -> bool {
    answer.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}

#[test]
fn f12_the_same_key_and_body_get_the_same_answer() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    // An answer without an attempt is not kept: the client retries until the order is known.
    pay(&process, BUYER, OrderId::new(), "pm_card_visa", "k").problem(404, "not_found");
    let first = pay(&process, BUYER, order.id, "pm_card_processing", "k");
    assert_eq!(first.expect(201)["status"], "processing");
    assert!(!replayed(&first));
    world.clock.advance(std::time::Duration::from_secs(2));
    process.await_status(order.id, "succeeded");
    let again = pay(&process, BUYER, order.id, "pm_card_processing", "k");
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert!(replayed(&again));
    assert_eq!(again.headers["content-type"], "application/json");

    pay(&process, BUYER, order.id, "pm_card_visa", "k").problem(422, "idempotency_key_reused");
    let other = process.awaiting_payment();
    let reused = pay(&process, BUYER, other.id, "pm_card_processing", "k");
    reused.problem(422, "idempotency_key_reused");
    assert_eq!(process.charges(), 1);
    // A key is one user's: to another it says nothing.
    pay(&process, OTHER, order.id, "pm_card_processing", "k").problem(403, "forbidden");
}

#[test]
fn a_recorded_refusal_is_replayed_without_another_attempt() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let first = pay(&process, BUYER, order.id, "pm_card_chargeDeclined", "d");
    let again = pay(&process, BUYER, order.id, "pm_card_chargeDeclined", "d");
    let mut documents = [&first, &again].map(|answer| answer.problem(402, "payment_declined"));
    for document in &mut documents {
        document.as_object_mut().unwrap().remove("instance");
    }
    assert_eq!(documents[0], documents[1]);
    assert_eq!((replayed(&first), replayed(&again)), (false, true));
    assert_eq!(process.statuses(order.id), ["failed"]);
}

#[test]
fn a_key_that_is_none_is_refused_with_the_other_rules() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    for key in ["", "with space", &"k".repeat(256)] {
        let problem =
            pay(&process, BUYER, order.id, "no_card", key).problem(422, "validation_failed");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    }
    assert_eq!(process.charges(), 0);
}
