use std::{
    collections::BTreeSet,
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use lapin::{
    Channel,
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::{FieldTable, ShortString},
};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::{
    Inner,
    error::{INTERNAL_ERROR, NOT_FOUND, failed, reply_code},
    lanes::Lanes,
    names::Names,
    registry::Known,
};
use crate::{
    Timestamp,
    engine::{EngineError, SubscriptionStats},
};

/// A queue whose deletion breaks the connection is looked at again so often, and after so long.
const TRIES: u32 = 5;
const AGAIN: Duration = Duration::from_secs(1);

/// What one consumer of this process holds.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// What has arrived and was not taken in yet: nobody does so while all hands are full.
    pub(super) arrived: Arc<AtomicU64>,
    held: AtomicU64,
    in_flight: AtomicU64,
    waiting: AtomicU64,
    oldest: AtomicI64,
}

impl Counts {
    pub(super) fn note(&self, lanes: &Lanes) {
        let store = |to: &AtomicU64, n: usize| to.store(n as u64, Ordering::Relaxed);
        store(&self.held, lanes.len());
        store(&self.in_flight, lanes.in_flight());
        store(&self.waiting, lanes.waiting());
        let oldest = lanes.oldest().map_or(i64::MAX, Timestamp::as_millis);
        self.oldest.store(oldest, Ordering::Relaxed);
    }
}

/// What a process, or several together, know of a subscription.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Figures {
    pub(super) name: String,
    ordered: bool,
    instance: bool,
    /// How many instances have a consumer of it.
    consumers: u64,
    held: u64,
    in_flight: u64,
    waiting: u64,
    /// In milliseconds since 1970.
    oldest: Option<i64>,
    /// The wait queues that were used, by their time.
    waits: BTreeSet<u64>,
    /// Whether it is listed although the broker has no queue of it.
    #[serde(skip)]
    own: bool,
}

impl Figures {
    fn of(known: &Known) -> Self {
        let counts: Vec<_> = known.consumers.iter().filter_map(Weak::upgrade).collect();
        let sum = |of: fn(&Counts) -> &AtomicU64| {
            counts.iter().map(|counts| of(counts).load(Ordering::Relaxed)).sum::<u64>()
        };
        let oldest = counts.iter().map(|counts| counts.oldest.load(Ordering::Relaxed)).min();
        Self {
            name: known.names.subscription.clone(),
            ordered: known.names.ordered,
            instance: known.names.instance,
            consumers: counts.len().div_ceil(known.names.all().len()) as u64,
            held: sum(|counts| &counts.held) + sum(|counts| &counts.arrived),
            in_flight: sum(|counts| &counts.in_flight),
            waiting: sum(|counts| &counts.waiting),
            oldest: oldest.filter(|&ms| ms < i64::MAX && ms > 0),
            waits: known.waits.keys().copied().collect(),
            own: true,
        }
    }

    /// Returns what a subscription may be of which the name alone is known.
    pub(super) fn either(name: &str) -> [Self; 2] {
        let of = |ordered| Self { name: name.to_owned(), ordered, ..Self::default() };
        [of(true), of(false)]
    }

    /// Returns whether it outlives its consumers.
    pub(super) fn lasts(&self) -> bool {
        !self.instance
    }

    pub(super) fn is_consumed(&self) -> bool {
        self.consumers > 0
    }

    /// Returns the same as it is when nobody runs it.
    pub(super) fn without_counts(&self) -> Self {
        let (name, waits) = (self.name.clone(), self.waits.clone());
        Self { name, ordered: self.ordered, instance: self.instance, waits, ..Self::default() }
    }

    /// Adds what another process has of the same subscription.
    pub(super) fn add(&mut self, other: &Self) {
        self.consumers += other.consumers;
        self.held += other.held;
        self.in_flight += other.in_flight;
        self.waiting += other.waiting;
        self.oldest = [self.oldest, other.oldest].into_iter().flatten().min();
        self.waits.extend(&other.waits);
    }
}

/// What the broker tells of a queue.
struct Depth {
    /// Messages that no consumer has.
    ready: u64,
    consumers: u64,
}

impl Inner {
    /// Returns what this process knows of the subscriptions that it has declared.
    pub(super) fn figures(&self) -> Vec<Figures> {
        let known = self.known();
        let listed = known.values().filter(|known| !known.names.instance || known.is_consumed());
        listed.map(Figures::of).collect()
    }

    /// Counts the events of the subscriptions that this process has declared: of what
    /// others have, only they know, see `survey`.
    pub(super) async fn count(&self) -> Result<Vec<SubscriptionStats>, EngineError> {
        self.count_at_broker(self.figures()).await
    }

    /// Completes figures by what the broker has; leaves out what it does not know.
    pub(super) async fn count_at_broker(
        &self,
        figures: Vec<Figures>,
    ) -> Result<Vec<SubscriptionStats>, EngineError> {
        let mut channel = None;
        let mut all = Vec::with_capacity(figures.len());
        for one in figures {
            let names = self.topology.names(&one.name, one.ordered, one.instance);
            let (mut ready, mut consumers, mut found) = (0, 0, one.own);
            for names in names.all() {
                let Some(depth) = self.depth(&mut channel, &names.queue).await? else { continue };
                found = true;
                ready += depth.ready;
                consumers = consumers.max(depth.consumers);
            }
            if !found {
                continue;
            }
            let mut waiting = 0;
            for &ms in &one.waits {
                let depth = self.depth(&mut channel, &self.topology.wait(&names, ms)).await?;
                waiting += depth.map_or(0, |depth| depth.ready);
            }
            let dead = self.depth(&mut channel, &names.dead).await?;
            if one.ordered && consumers > 0 {
                // Of those that share a queue, the broker counts the one that is active.
                consumers = consumers.max(one.consumers);
            }
            all.push(SubscriptionStats {
                pending: ready + waiting + one.held,
                in_flight: one.in_flight,
                retrying: waiting + one.waiting,
                parked: dead.map_or(0, |depth| depth.ready),
                oldest: one.oldest.map(Timestamp::from_millis),
                consumers: Some(consumers),
                name: one.name,
            });
        }
        Ok(all)
    }

    /// Deletes the queues of a subscription; returns whether there were any. Events that
    /// wait for another try vanish with their wait queues.
    pub(super) async fn remove(&self, subscription: &str) -> Result<bool, EngineError> {
        let mut found = false;
        for ordered in [false, true] {
            let names = self.topology.names(subscription, ordered, false);
            let queues = names.all().into_iter().map(|names| names.queue);
            for queue in queues.chain([names.dead.clone()]) {
                found |= self.delete(queue.as_str().into()).await?;
            }
        }
        self.known().remove(subscription);
        Ok(found)
    }

    /// Deletes a queue; returns whether it was there.
    async fn delete(&self, queue: ShortString) -> Result<bool, EngineError> {
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let mut tries = 0;
        loop {
            let channel = self.link.channel().await?;
            let deleted = async {
                channel.queue_declare(queue.clone(), passive, FieldTable::default()).await?;
                channel.queue_delete(queue.clone(), QueueDeleteOptions::default()).await
            };
            match deleted.await {
                Ok(_) => return Ok(true),
                Err(error) => match reply_code(&error) {
                    Some(NOT_FOUND) => return Ok(tries > 0),
                    // With a million events it takes the broker longer than it waits for itself; it
                    // breaks the connection, and goes on (seen in 3.10).
                    Some(INTERNAL_ERROR) if tries < TRIES => tries += 1,
                    _ => return Err(failed("remove a subscription")(error)),
                },
            }
            sleep(AGAIN).await;
        }
    }

    /// Returns whether a subscription was declared before.
    pub(super) async fn exists(&self, names: &Names) -> Result<bool, EngineError> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let channel = self.link.channel().await?;
        for names in names.all() {
            let queue = names.queue.as_str().into();
            match channel.queue_declare(queue, passive, FieldTable::default()).await {
                Ok(_) => {}
                // That has closed the channel.
                Err(error) if reply_code(&error) == Some(NOT_FOUND) => return Ok(false),
                Err(error) => return Err(failed("look for a subscription")(error)),
            }
        }
        channel.close(200, "done".into()).await.map_err(failed("close a channel"))?;
        Ok(true)
    }

    /// Looks into a queue; none if it is not there.
    async fn depth(
        &self,
        channel: &mut Option<Channel>,
        queue: &str,
    ) -> Result<Option<Depth>, EngineError> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let open = match channel.take() {
            Some(open) => open,
            None => self.link.channel().await?,
        };
        match open.queue_declare(queue.into(), passive, FieldTable::default()).await {
            Ok(found) => {
                *channel = Some(open);
                let (ready, consumers) = (found.message_count(), found.consumer_count());
                Ok(Some(Depth { ready: ready.into(), consumers: consumers.into() }))
            }
            // That has closed the channel.
            Err(error) if reply_code(&error) == Some(NOT_FOUND) => Ok(None),
            Err(error) => Err(failed("count its events")(error)),
        }
    }
}
