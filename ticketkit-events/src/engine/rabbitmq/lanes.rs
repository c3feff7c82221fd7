//! What a consumer holds: the deliveries that are neither settled nor given back.
//!
//! In an ordered subscription each key is a lane: while one of its events is being
//! handled, waits for its next attempt or is parked, the later ones are held here.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use lapin::BasicProperties;

use crate::{
    Envelope, EventId, Timestamp,
    engine::{Claim, Delivery},
};

/// An event that is held.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) envelope: Arc<Envelope>,
    pub(super) properties: BasicProperties,
    pub(super) origin: Origin,
    pub(super) failures: u32,
    pub(super) crashes: u32,
}

/// Where a held event is at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Delivered under this tag.
    Delivered(u64),
    /// Among the parked events, at this place, and redriven.
    Parked(i64),
}

impl Origin {
    /// Redriven events come before those that were delivered since.
    fn place(self) -> i64 {
        match self {
            Self::Delivered(tag) => tag.cast_signed(),
            Self::Parked(place) => i64::MIN.saturating_add(place.max(0)),
        }
    }
}

#[derive(Debug)]
struct Entry {
    held: Held,
    fence: Option<i64>,
}

#[derive(Debug, Default)]
struct Lane {
    places: BTreeSet<i64>,
    claimed: usize,
    /// Claims of a session that is over: their handlers may still run.
    orphans: usize,
    due: Option<Timestamp>,
    parked: HashSet<EventId>,
}

impl Lane {
    fn is_open(&self) -> bool {
        self.claimed == 0 && self.orphans == 0 && self.due.is_none() && self.parked.is_empty()
    }

    fn is_idle(&self) -> bool {
        self.is_open() && self.places.is_empty()
    }
}

#[derive(Debug)]
pub(super) struct Lanes {
    ordered: bool,
    entries: BTreeMap<i64, Entry>,
    lanes: HashMap<String, Lane>,
    ready: BTreeSet<i64>,
    timers: BTreeSet<(Timestamp, i64)>,
    orphans: HashMap<i64, String>,
    fence: i64,
    claimed: usize,
}

impl Lanes {
    pub(super) fn new(ordered: bool) -> Self {
        Self {
            ordered,
            entries: BTreeMap::new(),
            lanes: HashMap::new(),
            ready: BTreeSet::new(),
            timers: BTreeSet::new(),
            orphans: HashMap::new(),
            fence: 0,
            claimed: 0,
        }
    }

    pub(super) fn insert(&mut self, mut held: Held) {
        let place = held.origin.place();
        if self.entries.contains_key(&place) {
            return;
        }
        if self.ordered {
            let lane = self.lanes.entry(held.envelope.key.clone()).or_default();
            if !lane.parked.is_empty() {
                // It is not tried now: that it comes back is not its fault.
                held.crashes = 0;
            }
            lane.places.insert(place);
            if lane.is_open() {
                self.ready.insert(place);
            }
        } else {
            self.ready.insert(place);
        }
        self.entries.insert(place, Entry { held, fence: None });
    }

    /// Says which events of which keys are parked; keys that are not named go on.
    pub(super) fn park(&mut self, parked: &HashMap<String, HashSet<EventId>>) {
        let before: Vec<String> = self.lanes.keys().cloned().collect();
        for key in parked.keys() {
            self.lanes.entry(key.clone()).or_default();
        }
        for key in before.iter().chain(parked.keys()) {
            if let Some(lane) = self.lanes.get_mut(key) {
                lane.parked = parked.get(key).cloned().unwrap_or_default();
            }
            self.reopen(key);
        }
    }

    /// Holds back a key from now on.
    pub(super) fn block(&mut self, key: &str, event: EventId) {
        let lane = self.lanes.entry(key.to_owned()).or_default();
        lane.parked.insert(event);
        self.reopen(key);
    }

    /// Returns whether events are held behind parked ones.
    pub(super) fn is_blocked(&self) -> bool {
        self.lanes.values().any(|lane| !lane.parked.is_empty())
    }

    fn reopen(&mut self, key: &str) {
        let Some(lane) = self.lanes.get(key) else { return };
        let open = lane.is_open();
        for &place in &lane.places {
            let free = self.entries.get(&place).is_some_and(|entry| entry.fence.is_none());
            if open && free {
                self.ready.insert(place);
            } else {
                self.ready.remove(&place);
            }
        }
        if lane.is_idle() {
            self.lanes.remove(key);
        }
    }

    pub(super) fn claim(&mut self, capacity: usize) -> Vec<Delivery> {
        let places: Vec<i64> = self.ready.iter().copied().take(capacity).collect();
        let mut deliveries = Vec::with_capacity(places.len());
        let mut keys = HashSet::new();
        for place in places {
            self.ready.remove(&place);
            let Some(entry) = self.entries.get_mut(&place) else { continue };
            self.fence += 1;
            self.claimed += 1;
            entry.fence = Some(self.fence);
            if self.ordered {
                let key = &entry.held.envelope.key;
                if let Some(lane) = self.lanes.get_mut(key) {
                    lane.claimed += 1;
                }
                if !keys.contains(key) {
                    keys.insert(key.clone());
                }
            }
            deliveries.push(Delivery::new(
                entry.held.envelope.clone(),
                entry.held.failures + 1,
                entry.held.crashes,
                Claim { place, fence: self.fence },
            ));
        }
        for key in keys {
            self.reopen(&key);
        }
        deliveries
    }

    /// Returns what a claim is of, if it still holds.
    pub(super) fn claimed(&self, claim: Claim) -> Option<&Held> {
        let entry = self.entries.get(&claim.place)?;
        (entry.fence == Some(claim.fence)).then_some(&entry.held)
    }

    /// Forgets a claimed event.
    pub(super) fn remove(&mut self, claim: Claim) {
        if self.claimed(claim).is_none() {
            self.forget_orphan(claim);
            return;
        }
        let Some(entry) = self.entries.remove(&claim.place) else { return };
        self.claimed -= 1;
        if self.ordered {
            let key = &entry.held.envelope.key;
            if let Some(lane) = self.lanes.get_mut(key) {
                lane.claimed -= 1;
                lane.places.remove(&claim.place);
            }
            self.reopen(key);
        }
    }

    /// Takes a claimed event back, to be claimed again at `due`.
    pub(super) fn take_back(&mut self, claim: Claim, due: Option<Timestamp>, failed: bool) {
        if self.claimed(claim).is_none() {
            self.forget_orphan(claim);
            return;
        }
        let Some(entry) = self.entries.get_mut(&claim.place) else { return };
        entry.fence = None;
        entry.held.failures += u32::from(failed);
        self.claimed -= 1;
        if let Some(due) = due {
            self.timers.insert((due, claim.place));
        }
        if self.ordered {
            let key = entry.held.envelope.key.clone();
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.claimed -= 1;
                lane.due = lane.due.max(due);
            }
            self.reopen(&key);
        } else if due.is_none() {
            self.ready.insert(claim.place);
        }
    }

    fn forget_orphan(&mut self, claim: Claim) {
        if let Some(key) = self.orphans.remove(&claim.fence) {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.orphans -= 1;
            }
            self.reopen(&key);
        }
    }

    /// Makes ready what is due.
    pub(super) fn wake(&mut self, now: Timestamp) {
        while let Some(&(due, place)) = self.timers.first().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, place));
            let Some(entry) = self.entries.get(&place) else { continue };
            if !self.ordered {
                if entry.fence.is_none() {
                    self.ready.insert(place);
                }
                continue;
            }
            let key = entry.held.envelope.key.clone();
            if let Some(lane) = self.lanes.get_mut(&key)
                && lane.due.is_some_and(|due| due <= now)
            {
                lane.due = None;
            }
            self.reopen(&key);
        }
    }

    /// Forgets all that was delivered: the broker delivers it again. Keys whose
    /// handlers still run are held back until these have ended.
    pub(super) fn lose(&mut self) {
        let orphans = self.lanes.drain().filter(|(_, lane)| lane.orphans > 0);
        let mut lanes: HashMap<String, Lane> = orphans
            .map(|(key, lane)| (key, Lane { orphans: lane.orphans, ..Lane::default() }))
            .collect();
        for entry in std::mem::take(&mut self.entries).into_values() {
            if let (true, Some(fence)) = (self.ordered, entry.fence) {
                let key = entry.held.envelope.key.clone();
                lanes.entry(key.clone()).or_default().orphans += 1;
                self.orphans.insert(fence, key);
            }
        }
        self.lanes = lanes;
        self.ready.clear();
        self.timers.clear();
        self.claimed = 0;
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.timers.first().map(|(due, _)| *due)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.claimed
    }

    pub(super) fn waiting(&self) -> usize {
        self.timers.len()
    }

    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|(_, entry)| entry.held.envelope.time)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Causation;

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
            properties: BasicProperties::default(),
            origin: Origin::Delivered(tag),
            failures: 0,
            crashes: 0,
        }
    }

    fn lanes(ordered: bool, keys: &[&str]) -> Lanes {
        let mut lanes = Lanes::new(ordered);
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
}
