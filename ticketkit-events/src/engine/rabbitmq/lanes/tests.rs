use std::{sync::Arc, time::Duration};

use super::*;
use crate::{Causation, Envelope};

fn held(tag: u64, key: &str) -> Held {
    let envelope = Envelope {
        id: EventId::new(),
        kind: "a".to_owned(),
        source: "/a".to_owned(),
        time: Timestamp::EPOCH,
        key: key.to_owned(),
        version: 1,
        causation: Causation::default(),
        data: String::new(),
    };
    Held {
        envelope: Arc::new(envelope),
        properties: Box::default(),
        origin: Origin::Delivered(tag),
        failures: 0,
        crashes: 0,
    }
}

fn lanes(ordered: bool, keys: &[&str]) -> Lanes {
    let mut lanes = Lanes::new(ordered, 0);
    (1..).zip(keys).for_each(|(tag, key)| lanes.insert(held(tag, key)));
    lanes
}

fn places(deliveries: &[Delivery]) -> Vec<i64> {
    deliveries.iter().map(|delivery| delivery.claim.place).collect()
}

#[test]
fn a_key_is_claimed_in_order_and_held_while_it_is() {
    let mut lanes = lanes(true, &["a", "b", "a", "a"]);
    let first = lanes.claim(3);
    assert_eq!(places(&first), [1, 2, 3]);
    assert!(lanes.claim(9).is_empty(), "a is claimed");
    lanes.remove(first[0].claim);
    assert!(lanes.claim(9).is_empty(), "a is still claimed");
    lanes.take_back(first[2].claim, None, false);
    assert_eq!(places(&lanes.claim(9)), [3, 4]);
}

#[test]
fn a_retry_holds_its_key_and_no_other() {
    let mut lanes = lanes(true, &["a", "a", "b"]);
    let first = lanes.claim(1);
    let due = Timestamp::EPOCH + Duration::from_secs(1);
    lanes.take_back(first[0].claim, Some(due), true);
    assert_eq!(places(&lanes.claim(9)), [3]);
    lanes.wake(Timestamp::EPOCH);
    assert!(lanes.claim(9).is_empty());
    lanes.wake(due);
    let again = lanes.claim(9);
    assert_eq!(places(&again), [1, 2]);
    assert_eq!((again[0].attempt, again[1].attempt), (2, 1));
}

#[test]
fn a_redriven_event_comes_before_those_behind_it() {
    let mut lanes = lanes(true, &["a", "a"]);
    let first = lanes.claim(1).remove(0);
    let parked = held(1, "a");
    lanes.block("a", parked.envelope.id);
    lanes.remove(first.claim);
    assert!(lanes.is_blocked());
    assert!(lanes.claim(9).is_empty());
    lanes.insert(Held { origin: Origin::Parked(77), ..parked });
    lanes.park(&HashMap::new());
    let claimed = lanes.claim(9);
    assert_eq!(claimed.len(), 2);
    assert_eq!(claimed[1].claim.place, 2);
    assert!(!lanes.is_blocked());
}

#[test]
fn a_lost_session_holds_back_keys_whose_handlers_run() {
    let mut lanes = lanes(true, &["a", "b"]);
    let old = lanes.claim(1).remove(0);
    lanes.lose();
    lanes.insert(held(1, "a"));
    lanes.insert(held(2, "b"));
    assert!(lanes.claimed(old.claim).is_none(), "the claim is lost");
    assert_eq!(places(&lanes.claim(9)), [2]);
    lanes.remove(old.claim);
    assert_eq!(places(&lanes.claim(9)), [1]);
}

#[test]
fn without_order_only_the_one_that_waits_waits() {
    let mut lanes = lanes(false, &["a", "a"]);
    let first = lanes.claim(1).remove(0);
    let due = Timestamp::EPOCH + Duration::from_secs(1);
    lanes.take_back(first.claim, Some(due), true);
    assert_eq!(places(&lanes.claim(9)), [2]);
    lanes.wake(due);
    assert_eq!(places(&lanes.claim(9)), [1]);
}
