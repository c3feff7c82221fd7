//! What a consumer holds: the deliveries that are neither settled nor given back.
//!
//! In an ordered subscription each key is a lane: while one of its events is being
//! handled, waits for its next attempt or is parked, the later ones are held here.

mod held;
mod lane;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(super) use self::held::{Held, Origin};
use self::lane::Lane;
use crate::{
    EventId, Timestamp,
    engine::{Claim, Delivery},
};

/// Fences of claims are numbers that are the partition modulo this.
const PARTITIONS: i64 = 64;

#[derive(Debug)]
struct Entry {
    held: Held,
    fence: Option<i64>,
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
    /// Makes those of one queue of a subscription.
    pub(super) fn new(ordered: bool, partition: u8) -> Self {
        Self {
            ordered,
            entries: BTreeMap::new(),
            lanes: HashMap::new(),
            ready: BTreeSet::new(),
            timers: BTreeSet::new(),
            orphans: HashMap::new(),
            fence: i64::from(partition),
            claimed: 0,
        }
    }

    /// Returns which queue a claim is of.
    pub(super) fn partition_of(claim: Claim) -> usize {
        usize::try_from(claim.fence.rem_euclid(PARTITIONS)).unwrap_or(0)
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
            self.fence += PARTITIONS;
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
