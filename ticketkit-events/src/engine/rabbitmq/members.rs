//! The instances of an ordered subscription, and which queue is whose.
//!
//! Each queue has a single active consumer, which is whoever asked first: without more, one
//! instance would have all of them. So the instances tell one another every second that they are
//! there, and each works out the same list. Who is active at a queue that is another's finishes
//! what it has begun and asks again, behind the others.
//!
//! That decides no more than who works where. What keeps the order is the broker, which never has
//! two consumers active at one queue, whatever the instances believe.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use lapin::Channel;
use tokio::{
    task::AbortHandle,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tracing::debug;
use uuid::Uuid;

use super::{
    Inner,
    link::backoff,
    mailbox::{self, Mailbox},
    names::Names,
};
use crate::{engine::EngineError, handler::describe};

const BEACON: Duration = Duration::from_secs(1);
/// Who was not heard of for longer is gone, or soon will be for the broker too.
const SILENCE: Duration = Duration::from_millis(2_500);

/// What one instance knows of the others; it leaves when this is dropped.
#[derive(Debug)]
pub(super) struct Members {
    /// A bit for each queue that another instance should have.
    others: Arc<AtomicU64>,
    task: AbortHandle,
}

impl Members {
    pub(super) fn join(inner: Arc<Inner>, names: Names) -> Self {
        let others = Arc::new(AtomicU64::new(0));
        let member = Member { inner, names, id: Uuid::now_v7(), others: others.clone() };
        Self { others, task: tokio::spawn(member.run()).abort_handle() }
    }

    /// Returns whether another instance should have this queue.
    pub(super) fn should_yield(&self, partition: usize) -> bool {
        self.others.load(Ordering::Relaxed) >> partition & 1 == 1
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Member {
    inner: Arc<Inner>,
    names: Names,
    id: Uuid,
    others: Arc<AtomicU64>,
}

impl Member {
    async fn run(self) {
        let mut attempt = 0;
        loop {
            match self.open().await {
                Ok((mailbox, channel)) => {
                    attempt = 0;
                    self.meet(mailbox, &channel).await;
                }
                Err(error) => {
                    attempt += 1;
                    let (subscription, reason) = (&self.names.subscription, describe(&error));
                    debug!(subscription, attempt, reason, "nothing is known of other instances");
                }
            }
            // Alone until others are heard of again: nobody gives up what nobody takes.
            self.others.store(0, Ordering::Relaxed);
            sleep(backoff(attempt)).await;
        }
    }

    fn exchange(&self) -> String {
        format!("{}.members", self.names.base)
    }

    /// Opens what beacons come by, and what they are told by.
    async fn open(&self) -> Result<(Mailbox, Channel), EngineError> {
        let mailbox = Mailbox::open(&self.inner.link, &self.exchange(), self.id).await?;
        Ok((mailbox, self.inner.publisher.channel().await?))
    }

    /// Tells and listens, until the channel ends.
    async fn meet(&self, mut mailbox: Mailbox, channel: &Channel) {
        let mut seen: BTreeMap<Uuid, Instant> = BTreeMap::new();
        let mut tick = interval(BEACON);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {
                    if self.tell(channel).await.is_err() {
                        return;
                    }
                }
                beacon = mailbox.next() => {
                    let Some(beacon) = beacon else { return };
                    let Ok(id) = Uuid::from_slice(&beacon.data) else { continue };
                    if seen.insert(id, Instant::now()).is_none() && self.tell(channel).await.is_err() {
                        return;
                    }
                }
            }
            seen.retain(|_, at| at.elapsed() < SILENCE);
            let ids: Vec<Uuid> = seen.keys().copied().collect();
            self.others.store(others(&ids, self.id, self.names.partitions), Ordering::Relaxed);
        }
    }

    /// Says that this instance is there; not while the broker takes nothing. An error is the end of
    /// the channel.
    async fn tell(&self, channel: &Channel) -> Result<(), EngineError> {
        if self.inner.publisher.check().is_err() {
            return if channel.status().connected() { Ok(()) } else { Err(gone()) };
        }
        mailbox::say(channel, &self.exchange(), "", self.id.as_bytes(), None).await
    }
}

fn gone() -> EngineError {
    EngineError::failed("the rabbitmq engine cannot tell other instances", "the channel has ended")
}

/// Returns a bit for each queue that another of the members should have: they take turns, in the
/// order of their ids.
fn others(members: &[Uuid], own: Uuid, partitions: u8) -> u64 {
    if members.is_empty() {
        return 0;
    }
    (0..partitions)
        .filter(|&partition| members[usize::from(partition) % members.len()] != own)
        .fold(0, |bits, partition| bits | 1 << partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_is_one_members_whoever_looks() {
        for count in 1..10_u128 {
            let members: Vec<Uuid> = (1..=count).map(Uuid::from_u128).collect();
            let owned: Vec<u64> =
                members.iter().map(|&own| !others(&members, own, 4) & 0b1111).collect();
            assert_eq!(owned.iter().fold(0, |all, own| all ^ own), 0b1111, "{owned:?}");
            let most = owned.iter().map(|own| own.count_ones()).max();
            assert_eq!(most, Some(u32::try_from(4_u128.div_ceil(count)).unwrap()));
        }
        assert_eq!(others(&[], Uuid::nil(), 4), 0, "alone, everything is its own");
    }
}
