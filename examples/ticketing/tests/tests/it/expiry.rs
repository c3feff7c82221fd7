//! The hold runs out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use ticketing_tests::market::order_path;
use ticketing_tests::person::text;
use ticketing_tests::{Person, Server, eventually, wait::SOON};

#[test]
fn an_unpaid_order_expires_and_the_ticket_is_sold_to_the_next() {
    let server = Server::with(&[("TICKETING_HOLD_SECONDS", "2")]);
    let person = |name| Person::sign_up(&server, name);
    let (seller, slow, quick) = (person("seller"), person("slow"), person("quick"));
    let ticket = seller.sell("Two seconds", 100);

    let order = slow.order(&ticket);
    slow.await_order(&order, "expired");
    let ticket = seller.await_ticket(&ticket, "available");
    slow.delete(order_path(&order)).problem(409, "order_not_cancellable");
    let refused = eventually("payments to know", SOON, || {
        let answer = slow.try_pay(&order, "pm_card_visa");
        if answer.status() == 404 { Err(answer) } else { Ok(answer) }
    });
    // F11: the deadline counts, whoever has heard of the expiry.
    assert_eq!(refused.status(), 409, "{refused:?}");

    quick.buy(&ticket);
    seller.await_ticket(&ticket, "sold");
    assert_eq!(slow.get(order_path(&order)).expect(200).json()["status"], "expired");
}

/// F1: the timer of a dead order leaves its successor alone.
#[test]
fn the_timer_of_a_cancelled_order_does_not_free_the_next_ones_ticket() {
    let server = Server::with(&[("TICKETING_HOLD_SECONDS", "3")]);
    let person = |name| Person::sign_up(&server, name);
    let (seller, first, second) = (person("seller"), person("first"), person("second"));
    let ticket = seller.sell("Timer", 100);

    let dropped = first.reserve(&ticket);
    first.delete(order_path(&dropped)).expect(204);
    let bought = second.buy(&ticket);
    seller.await_ticket(&ticket, "sold");

    // An order that was made after the first timer would ring proves that the time has passed.
    let probe = first.order(&seller.sell("Probe", 100));
    first.await_order(&probe, "expired");
    assert_eq!(second.get(order_path(&bought)).expect(200).json()["status"], "complete");
    seller.await_ticket(&ticket, "sold");
    assert_eq!(first.get(order_path(&dropped)).expect(200).json()["status"], "cancelled");
}

#[test]
fn the_deadline_is_the_hold_after_the_order() {
    let server = Server::with(&[("TICKETING_HOLD_SECONDS", "600")]);
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let before = now();
    let order = buyer.order(&seller.sell("Deadline", 100));
    let expires = seconds(&order);
    let after = now();
    assert!((before + 599..=after + 601).contains(&expires), "{order} at {before} to {after}");
}

/// F10: schedules are rows. A timer that rings while the system is down rings when it is up.
#[test]
fn a_hold_that_ends_during_an_outage_ends_after_it() {
    let server = Server::with(&[("TICKETING_HOLD_SECONDS", "2")]);
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let ticket = seller.sell("Outage", 100);
    let order = buyer.order(&ticket);
    server.kill();
    let deadline = UNIX_EPOCH + Duration::from_secs(seconds(&order) + 1);
    if let Ok(left) = deadline.duration_since(SystemTime::now()) {
        std::thread::sleep(left);
    }
    server.start_again();
    buyer.await_order(&order, "expired");
    seller.await_ticket(&ticket, "available");
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// `expiresAt` in seconds since 1970.
fn seconds(order: &Value) -> u64 {
    let time = text(order, "expiresAt");
    let part = |range: std::ops::Range<usize>| -> u64 {
        time.get(range).and_then(|digits| digits.parse().ok()).expect("an RFC 3339 time")
    };
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    // Days since 1970 by Howard Hinnant's algorithm; years begin in March.
    let (shifted, march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (shifted / 400, shifted % 400);
    let of_year = (153 * march + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    days * 86_400 + part(11..13) * 3_600 + part(14..16) * 60 + part(17..19)
}
