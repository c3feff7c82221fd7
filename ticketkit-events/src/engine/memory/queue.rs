//! The events of one subscription.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use tokio::sync::Notify;

use crate::{
    Envelope, EventId, Timestamp,
    engine::{Claim, Delivery, Outcome, Settlement, SubscriptionSpec, SubscriptionStats},
    parked::{ParkedEvent, ParkedId},
};

#[derive(Debug, Default)]
pub(super) struct Queue {
    types: BTreeSet<String>,
    ordered: bool,
    entries: BTreeMap<i64, Entry>,
    wakeup: Arc<Notify>,
}

#[derive(Debug)]
struct Entry {
    envelope: Arc<Envelope>,
    published_at: Timestamp,
    state: State,
    failures: u32,
    crashes: u32,
    fence: i64,
    error: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready { due: Timestamp },
    Claimed { consumer: u64 },
    Parked { at: Timestamp },
}

/// What a consumer has to wait for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Ready,
    At(Timestamp),
    Nothing,
}

impl Queue {
    pub(super) fn declare(&mut self, spec: &SubscriptionSpec) {
        self.types = spec.types.iter().cloned().collect();
        self.ordered = spec.ordered;
    }

    pub(super) fn wakeup(&self) -> Arc<Notify> {
        self.wakeup.clone()
    }

    pub(super) fn takes(&self, kind: &str) -> bool {
        self.types.contains(kind)
    }

    pub(super) fn push(&mut self, place: i64, envelope: Arc<Envelope>, now: Timestamp) {
        let entry = Entry {
            envelope,
            published_at: now,
            state: State::Ready { due: now },
            failures: 0,
            crashes: 0,
            fence: 0,
            error: String::new(),
        };
        self.entries.insert(place, entry);
        self.wakeup.notify_waiters();
    }

    /// Returns the places that can be claimed, in order.
    ///
    /// Of a key in order, everything up to the first event that is claimed, parked
    /// or not due: one consumer may claim it together and handle it one by one.
    fn claimable(&self, now: Timestamp) -> impl Iterator<Item = i64> {
        let mut blocked = HashSet::new();
        self.entries.iter().filter_map(move |(&place, entry)| {
            let ready = matches!(entry.state, State::Ready { due } if due <= now);
            if !self.ordered {
                return ready.then_some(place);
            }
            let key = entry.envelope.key.as_str();
            if !ready {
                blocked.insert(key);
            }
            (!blocked.contains(key)).then_some(place)
        })
    }

    pub(super) fn next(&self, now: Timestamp) -> Next {
        if self.claimable(now).next().is_some() {
            return Next::Ready;
        }
        let due = self.entries.values().filter_map(|entry| match entry.state {
            State::Ready { due } if due > now => Some(due),
            _ => None,
        });
        due.min().map_or(Next::Nothing, Next::At)
    }

    #[cfg(feature = "testing")]
    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        let claimed = |entry: &Entry| matches!(entry.state, State::Claimed { .. });
        !self.entries.values().any(claimed) && self.claimable(now).next().is_none()
    }

    pub(super) fn claim(
        &mut self,
        consumer: u64,
        capacity: usize,
        now: Timestamp,
    ) -> Vec<Delivery> {
        let places: Vec<i64> = self.claimable(now).take(capacity).collect();
        let mut deliveries = Vec::with_capacity(places.len());
        for place in places {
            if let Some(entry) = self.entries.get_mut(&place) {
                entry.state = State::Claimed { consumer };
                entry.fence += 1;
                deliveries.push(Delivery::new(
                    entry.envelope.clone(),
                    entry.failures + 1,
                    entry.crashes,
                    Claim { place, fence: entry.fence },
                ));
            }
        }
        deliveries
    }

    pub(super) fn settle(&mut self, settlement: &Settlement, now: Timestamp) {
        let place = settlement.claim.place;
        let Some(entry) = self.entries.get_mut(&place) else { return };
        let claimed = matches!(entry.state, State::Claimed { .. });
        if !claimed || entry.fence != settlement.claim.fence {
            return;
        }
        match &settlement.outcome {
            Outcome::Ack => drop(self.entries.remove(&place)),
            Outcome::Retry { after, error } => {
                entry.failures += 1;
                entry.error.clone_from(error);
                entry.state = State::Ready { due: now + *after };
            }
            Outcome::Defer { after } => entry.state = State::Ready { due: now + *after },
            Outcome::Release => entry.state = State::Ready { due: now },
            Outcome::Park { error } => {
                entry.failures += 1;
                entry.error.clone_from(error);
                entry.state = State::Parked { at: now };
            }
        }
        self.wakeup.notify_waiters();
    }

    /// Takes back what a consumer held when it went away.
    pub(super) fn abandon(&mut self, consumer: u64, now: Timestamp) {
        for entry in self.entries.values_mut() {
            if entry.state == (State::Claimed { consumer }) {
                entry.state = State::Ready { due: now };
                entry.crashes += 1;
            }
        }
        self.wakeup.notify_waiters();
    }

    pub(super) fn parked(
        &self,
        subscription: &str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> Vec<ParkedEvent> {
        let from = after.map_or(i64::MIN, |ParkedId(place)| place.saturating_add(1));
        let parked = self.entries.range(from..).filter_map(|(&place, entry)| match entry.state {
            State::Parked { at } => Some(ParkedEvent {
                id: ParkedId(place),
                subscription: subscription.to_owned(),
                envelope: entry.envelope.clone(),
                error: entry.error.clone(),
                attempts: entry.failures,
                parked_at: at,
            }),
            _ => None,
        });
        parked.take(limit).collect()
    }

    pub(super) fn redrive(&mut self, event: Option<EventId>, now: Timestamp) -> u64 {
        let mut count = 0;
        for entry in self.entries.values_mut().filter(|entry| entry.is_parked(event)) {
            entry.state = State::Ready { due: now };
            (entry.failures, entry.crashes) = (0, 0);
            count += 1;
        }
        self.wakeup.notify_waiters();
        count
    }

    pub(super) fn discard(&mut self, event: Option<EventId>) -> u64 {
        let before = self.entries.len();
        self.entries.retain(|_, entry| !entry.is_parked(event));
        self.wakeup.notify_waiters();
        (before - self.entries.len()) as u64
    }

    pub(super) fn stats(&self, name: &str) -> SubscriptionStats {
        let count = |wanted: &dyn Fn(&Entry) -> bool| {
            self.entries.values().filter(|entry| wanted(entry)).count() as u64
        };
        let parked = |entry: &Entry| matches!(entry.state, State::Parked { .. });
        SubscriptionStats {
            name: name.to_owned(),
            pending: count(&|entry| !parked(entry)),
            in_flight: count(&|entry| matches!(entry.state, State::Claimed { .. })),
            retrying: count(&|entry| {
                entry.failures > 0 && matches!(entry.state, State::Ready { .. })
            }),
            parked: count(&parked),
            oldest: self
                .entries
                .values()
                .filter(|entry| !parked(entry))
                .map(|entry| entry.published_at)
                .min(),
            consumers: None,
        }
    }
}

impl Entry {
    fn is_parked(&self, event: Option<EventId>) -> bool {
        matches!(self.state, State::Parked { .. }) && event.is_none_or(|id| id == self.envelope.id)
    }
}
