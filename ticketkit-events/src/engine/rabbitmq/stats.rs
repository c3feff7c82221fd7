use std::sync::{
    Arc, Weak,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use lapin::{
    Channel,
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::{FieldTable, ShortString},
};

use super::{
    Inner,
    error::{NOT_FOUND, failed, reply_code},
    lanes::Lanes,
    names::Names,
};
use crate::{
    Timestamp,
    engine::{EngineError, SubscriptionStats},
};

/// What one consumer of this process holds.
#[derive(Debug, Default)]
pub(super) struct Counts {
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

impl Inner {
    /// Counts the events of the subscriptions that this process has declared: what
    /// others have, only the management plug-in could list.
    pub(super) async fn count(&self) -> Result<Vec<SubscriptionStats>, EngineError> {
        let known: Vec<(Names, Vec<Arc<Counts>>, Vec<u64>)> = self
            .known()
            .values()
            .filter(|known| !known.names.instance || known.is_consumed())
            .map(|known| {
                let counts = known.consumers.iter().filter_map(Weak::upgrade).collect();
                (known.names.clone(), counts, known.waits.keys().copied().collect())
            })
            .collect();
        let mut channel = None;
        let mut all = Vec::with_capacity(known.len());
        for (names, counts, waits) in known {
            let sum = |of: fn(&Counts) -> &AtomicU64| {
                counts.iter().map(|counts| of(counts).load(Ordering::Relaxed)).sum::<u64>()
            };
            let mut waiting = 0;
            for ms in waits {
                waiting += self.ready(&mut channel, &self.topology.wait(&names, ms)).await?;
            }
            let mut ready = 0;
            for names in names.all() {
                ready += self.ready(&mut channel, &names.queue).await?;
            }
            let oldest = counts.iter().map(|counts| counts.oldest.load(Ordering::Relaxed)).min();
            all.push(SubscriptionStats {
                pending: ready + waiting + sum(|counts| &counts.held),
                in_flight: sum(|counts| &counts.in_flight),
                retrying: waiting + sum(|counts| &counts.waiting),
                parked: self.ready(&mut channel, &names.dead).await?,
                oldest: oldest.filter(|&ms| ms < i64::MAX && ms > 0).map(Timestamp::from_millis),
                name: names.subscription,
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
                let channel = self.link.channel().await?;
                let passive = QueueDeclareOptions { passive: true, ..Default::default() };
                let queue = ShortString::from(queue.as_str());
                match channel.queue_declare(queue.clone(), passive, FieldTable::default()).await {
                    Ok(_) => {}
                    Err(error) if reply_code(&error) == Some(NOT_FOUND) => continue,
                    Err(error) => return Err(failed("look for a subscription")(error)),
                }
                channel
                    .queue_delete(queue, QueueDeleteOptions::default())
                    .await
                    .map_err(failed("remove a subscription"))?;
                found = true;
            }
        }
        self.known().remove(subscription);
        Ok(found)
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

    /// Returns how many messages of a queue no consumer has; none if it is not there.
    async fn ready(&self, channel: &mut Option<Channel>, queue: &str) -> Result<u64, EngineError> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let open = match channel.take() {
            Some(open) => open,
            None => self.link.channel().await?,
        };
        match open.queue_declare(queue.into(), passive, FieldTable::default()).await {
            Ok(found) => {
                *channel = Some(open);
                Ok(u64::from(found.message_count()))
            }
            // That has closed the channel.
            Err(error) if reply_code(&error) == Some(NOT_FOUND) => Ok(0),
            Err(error) => Err(failed("count its events")(error)),
        }
    }
}
