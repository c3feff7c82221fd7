//! P8.

use std::{net::IpAddr, time::Duration};

use ticketkit_auth::{ManualClock, Throttle, throttle::Attempt};
use ticketkit_core::error::RateLimited;

const ADA: &str = "ada@example.com";

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn fail(throttle: &Throttle, account: &str, from: &str) -> Result<(), RateLimited> {
    throttle.begin(account, address(from))?.failed()
}

fn succeed(throttle: &Throttle, account: &str, from: &str) -> Result<(), RateLimited> {
    throttle.begin(account, address(from))?.succeeded()
}

#[test]
fn p8_ten_failures_in_five_minutes_are_enough() {
    let time = ManualClock::default();
    let throttle = Throttle::new(time.clock());
    for _ in 0..10 {
        fail(&throttle, ADA, "192.0.2.1").expect("one of ten");
        time.advance(Duration::from_secs(10));
    }
    let limited = fail(&throttle, ADA, "192.0.2.1").expect_err("the eleventh");
    assert_eq!(limited.retry_after, 200);
    assert!(succeed(&throttle, ADA, "192.0.2.1").is_err(), "the right password does not help");
    time.advance(Duration::from_secs(200));
    succeed(&throttle, ADA, "192.0.2.1").expect("the first failure is forgotten");
}

#[test]
fn p8_a_stranger_locks_nobody_out() {
    let throttle = Throttle::new(ManualClock::default().clock());
    for stranger in 0..200 {
        let from = format!("198.51.100.{stranger}");
        while fail(&throttle, ADA, &from).is_ok() {}
    }
    succeed(&throttle, ADA, "192.0.2.1").expect("the owner, from elsewhere");
    succeed(&throttle, "bob@example.com", "198.51.100.1").expect("another account");
}

#[test]
fn p8_an_address_has_a_hundred_failures_over_all_accounts() {
    let throttle = Throttle::new(ManualClock::default().clock());
    for account in 0..100 {
        fail(&throttle, &format!("user{account}"), "192.0.2.1").expect("one of a hundred");
    }
    assert!(fail(&throttle, "one more", "192.0.2.1").is_err());
    fail(&throttle, "one more", "192.0.2.2").expect("another address");
}

#[test]
fn p8_a_network_of_ipv6_is_one_address() {
    let throttle = Throttle::new(ManualClock::default().clock());
    for host in 0..10 {
        fail(&throttle, ADA, &format!("2001:db8::{host}")).expect("one of ten");
    }
    assert!(fail(&throttle, ADA, "2001:db8::ffff").is_err());
    fail(&throttle, ADA, "2001:db8:0:1::1").expect("another network");
    let mapped: IpAddr = address("::ffff:192.0.2.1");
    for _ in 0..10 {
        throttle.begin(ADA, mapped).and_then(Attempt::failed).expect("one of ten");
    }
    assert!(fail(&throttle, ADA, "192.0.2.1").is_err(), "the same address");
}

#[test]
fn p8_successes_do_not_count() {
    let throttle = Throttle::new(ManualClock::default().clock());
    for _ in 0..1000 {
        succeed(&throttle, ADA, "192.0.2.1").expect("no failure");
    }
}

#[test]
fn p8_many_at_once_get_no_more_answers_than_one_after_the_other() {
    let throttle = Throttle::new(ManualClock::default().clock());
    let begun: Vec<_> = (0..50)
        .map(|_| throttle.begin(ADA, address("192.0.2.1")).expect("none has failed yet"))
        .collect();
    let answered = begun.into_iter().filter_map(|attempt| attempt.failed().ok()).count();
    assert_eq!(answered, 10);
}

#[test]
fn p8_it_can_be_switched_off() {
    let throttle = Throttle::off();
    for _ in 0..1000 {
        fail(&throttle, ADA, "192.0.2.1").expect("off");
    }
}
