//! What each card comes to.

use std::time::Duration;

use crate::{
    process::Process,
    world::{BUYER, OTHER, World},
};

#[test]
fn a_good_card_pays_the_amount_of_the_order_to_the_cent() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let answer = process.pay(order.id, "pm_card_visa").expect(201);
    assert_eq!(answer["status"], "succeeded");
    assert_eq!(answer["orderId"], order.id.to_string());
    assert_eq!(answer.get("clientSecret"), None);

    let page = process.get(BUYER, "/api/payments").expect(200);
    let item = &page["items"][0];
    assert_eq!(item["id"], answer["id"]);
    // F14: an integer of the minor unit, from the order to the list.
    assert_eq!((item["amount"].as_i64(), item["currency"].as_str()), (Some(4_999), Some("EUR")));
    assert!(item["createdAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(item.as_object().unwrap().len(), 6, "{item}");

    let id = answer["id"].as_str().unwrap().parse().unwrap();
    world.await_told(id, &["created"]);
    let told = world.told.lock().unwrap()[0].payment.clone();
    assert_eq!((told.amount, told.order_id, told.version), (4_999, order.id, 2));
    assert!(told.provider_id.starts_with("ch_"), "{told:?}");
}

#[test]
fn a_declined_card_charges_nothing_and_another_one_may_pay() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    process.pay(order.id, "pm_card_chargeDeclined").problem(402, "payment_declined");
    assert_eq!(process.charges(), 0);
    let paid = process.paid(order.id, "pm_card_visa");
    assert_eq!(process.statuses(order.id), ["succeeded", "failed"]);
    world.await_told(paid, &["created"]);
    let subjects: Vec<_> = world.told.lock().unwrap().iter().map(|told| told.subject).collect();
    assert_eq!(subjects, ["failed", "created"]);
}

#[test]
fn f21_a_confirmation_and_its_webhook_have_one_effect() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let answer = process.pay(order.id, "pm_card_authenticationRequired").expect(201);
    assert_eq!(answer["status"], "requires_action");
    assert!(answer["clientSecret"].as_str().unwrap().contains("_secret_"));
    let id = answer["id"].as_str().unwrap();

    process.confirm(OTHER, id).problem(403, "forbidden");
    assert_eq!(process.confirm(BUYER, id).expect(200)["status"], "succeeded");
    assert_eq!(process.confirm(BUYER, id).expect(200)["status"], "succeeded");
    crate::world::eventually(|| match process.number("select count(*) from notifications") {
        Some(1) => Ok(()),
        other => Err(other),
    });
    let payment = id.parse().unwrap();
    world.await_told(payment, &["created"]);
    // Recorded, requires_action, succeeded: each step tells once.
    assert_eq!(process.version(payment), 3);
}

#[test]
fn a_slow_card_settles_by_webhook_after_two_seconds() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let id = process.paid(order.id, "pm_card_processing");
    assert_eq!(process.statuses(order.id), ["processing"]);
    process.pay(order.id, "pm_card_visa").problem(409, "payment_in_progress");
    world.clock.advance(Duration::from_secs(2));
    process.await_status(order.id, "succeeded");
    assert_eq!(process.number("select count(*) from notifications"), Some(1));
    world.await_told(id, &["created"]);
}

#[test]
fn f13_a_charge_whose_answer_was_lost_is_found_by_asking() {
    let world = World::new();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    let answer = process.pay(order.id, "pm_card_timeoutAfterCharge").expect(201);
    assert_eq!(answer["status"], "processing");
    process.pay(order.id, "pm_card_visa").problem(409, "payment_in_progress");
    world.clock.advance(Duration::from_secs(1));
    process.await_status(order.id, "succeeded");
    assert_eq!(process.charges(), 1);
    world.await_told(answer["id"].as_str().unwrap().parse().unwrap(), &["created"]);
}

#[test]
fn f13_it_is_found_within_ten_seconds_on_the_clock_of_the_wall() {
    let world = World::in_real_time();
    let process = Process::start(&world);
    let order = process.awaiting_payment();
    process.paid(order.id, "pm_card_timeoutAfterCharge");
    let slow = process.awaiting_payment();
    process.paid(slow.id, "pm_card_processing");
    process.await_status(order.id, "succeeded");
    process.await_status(slow.id, "succeeded");
}

#[test]
fn a_list_has_the_callers_own_newest_first_in_pages() {
    let world = World::new();
    let process = Process::start(&world);
    let ids: Vec<_> = (0..3)
        .map(|_| process.paid(process.awaiting_payment().id, "pm_card_visa").to_string())
        .collect();
    let first = process.get(BUYER, "/api/payments?limit=2").expect(200);
    assert_eq!(
        (&first["items"][0]["id"], &first["items"][1]["id"]),
        (&ids[2].clone().into(), &ids[1].clone().into())
    );
    let after = first["next"].as_str().unwrap();
    let second = process.get(BUYER, &format!("/api/payments?limit=2&after={after}")).expect(200);
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&second["items"][0]["id"], second["next"].is_null()),
        (&ids[0].clone().into(), true)
    );
    assert_eq!(
        process.get(OTHER, "/api/payments").expect(200)["items"].as_array().unwrap().len(),
        0
    );
    for bad in ["orderId=x", "limit=0", "after=x"] {
        process.get(BUYER, &format!("/api/payments?{bad}")).problem(422, "validation_failed");
    }
}
