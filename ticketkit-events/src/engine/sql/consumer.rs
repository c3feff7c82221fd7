use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};
use tracing::warn;
use uuid::Uuid;

use super::{Inner, claim::Claimant, failed};
use crate::{
    BoxFuture, Timestamp,
    engine::{Consumer, Delivery, EngineError, Lifetime, Settlement, SubscriptionSpec},
    sql::Durability,
};

const SHORTEST_POLL: Duration = Duration::from_millis(100);
const LONGEST_POLL: Duration = Duration::from_secs(1);
/// An instance that has said nothing for this long is dead, and its subscription
/// is removed; it says so twice as often as it must.
const INSTANCE_LEASE: Duration = Duration::from_secs(60);

pub(super) struct SqlConsumer {
    inner: Arc<Inner>,
    spec: SubscriptionSpec,
    /// The name of the subscription in the tables.
    name: String,
    /// Fresh for each consumer: what a dead one held is never taken for ours.
    worker: String,
    wakeup: Arc<Notify>,
    poll: Duration,
    alive_until: Timestamp,
    /// Whether `wait` has just seen something to claim.
    ready: bool,
    taken_back_at: Timestamp,
}

impl SqlConsumer {
    pub(super) async fn declare(
        inner: Arc<Inner>,
        spec: SubscriptionSpec,
    ) -> Result<Self, sqlx::Error> {
        let worker = Uuid::new_v4().to_string();
        let alive_until = inner.database.now() + INSTANCE_LEASE;
        let (name, expires_at) = match spec.lifetime {
            Lifetime::Durable => (spec.name.clone(), None),
            Lifetime::Instance => (format!("{}@{worker}", spec.name), Some(alive_until)),
        };
        inner.declare(&name, &spec.types, expires_at, spec.replay).await?;
        let wakeup = inner.wakeup(&name);
        Ok(Self {
            inner,
            spec,
            name,
            worker,
            wakeup,
            poll: SHORTEST_POLL,
            alive_until,
            ready: false,
            taken_back_at: Timestamp::EPOCH,
        })
    }

    fn claimant(&self) -> Claimant<'_> {
        Claimant { subscription: &self.name, worker: &self.worker, ordered: self.spec.ordered }
    }

    async fn keep_alive(&mut self) -> Result<(), sqlx::Error> {
        let now = self.inner.database.now();
        if self.spec.lifetime == Lifetime::Durable || now + INSTANCE_LEASE / 2 < self.alive_until {
            return Ok(());
        }
        let until = now + INSTANCE_LEASE;
        if !self.inner.keep_alive(&self.name, until).await? {
            warn!(
                subscription = self.name,
                "the subscription was given up for dead: events are missed"
            );
            self.inner.declare(&self.name, &self.spec.types, Some(until), None).await?;
        }
        self.alive_until = until;
        Ok(())
    }

    async fn settle_and_claim(
        &mut self,
        settlements: &[Settlement],
        capacity: usize,
    ) -> Result<Vec<Delivery>, sqlx::Error> {
        // Relaxed: what a power cut takes back is delivered again.
        let mut tx = self.inner.database.begin_with(Durability::Relaxed).await?;
        if capacity > 0 {
            // Before any row is locked: who has its turn may wait for those of others.
            self.inner.take_turns(&mut tx, &self.claimant()).await?;
        }
        self.inner.settle(&mut tx, &self.claimant(), settlements).await?;
        let mut deliveries = Vec::new();
        if capacity > 0 {
            deliveries = self.inner.claim(&mut tx, &self.claimant(), capacity).await?;
            let now = self.inner.database.now();
            let look_back = now.since(self.taken_back_at) >= self.inner.database.lease() / 3;
            if deliveries.is_empty() || (look_back && deliveries.len() < capacity) {
                self.inner.take_back(&mut tx, &self.claimant()).await?;
                let capacity = capacity - deliveries.len();
                deliveries.extend(self.inner.claim(&mut tx, &self.claimant(), capacity).await?);
                self.taken_back_at = now;
            }
        }
        tx.commit().await?;
        Ok(deliveries)
    }

    /// Returns whether there is something to claim.
    async fn look(&mut self) -> Result<bool, sqlx::Error> {
        self.keep_alive().await?;
        self.inner.peek(&self.claimant()).await
    }
}

impl Consumer for SqlConsumer {
    fn wait(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let wakeup = self.wakeup.clone();
            let mut due = None;
            let mut woken = true;
            loop {
                // Enabled before the look at the table: what comes after it wakes.
                let mut notified = pin!(wakeup.notified());
                notified.as_mut().enable();
                let look = async {
                    let ready = self.look().await?;
                    // A poll that finds nothing changes nothing about it.
                    if !ready && woken {
                        due = self.inner.next_due(&self.claimant()).await?;
                    }
                    Ok::<_, sqlx::Error>(ready)
                };
                match look.await {
                    Ok(true) => {
                        self.poll = SHORTEST_POLL;
                        self.ready = true;
                        return;
                    }
                    Ok(false) => {}
                    Err(error) => {
                        warn!(
                            subscription = self.name,
                            error = &error as &dyn std::error::Error,
                            "the sql engine cannot be read"
                        );
                    }
                }
                woken = tokio::select! {
                    () = notified => true,
                    () = self.inner.database.clock().sleep_until(due.unwrap_or(Timestamp::EPOCH)),
                        if due.is_some() => true,
                    () = sleep(self.poll) => {
                        self.poll = (self.poll * 2).min(LONGEST_POLL);
                        false
                    }
                };
            }
        })
    }

    fn exchange<'a>(
        &'a mut self,
        settlements: &'a [Settlement],
        capacity: usize,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, EngineError>> {
        Box::pin(async move {
            let failed = failed("claim and settle events");
            // Whoever is always busy never waits.
            self.keep_alive().await.map_err(&failed)?;
            let ready = std::mem::take(&mut self.ready);
            // Looking does not wait for the writer.
            if settlements.is_empty()
                && (capacity == 0
                    || !ready && !self.inner.peek(&self.claimant()).await.map_err(&failed)?)
            {
                return Ok(Vec::new());
            }
            let deliveries = self.settle_and_claim(settlements, capacity).await.map_err(&failed)?;
            // What was settled may have held back what another consumer waits for.
            if !settlements.is_empty() {
                self.wakeup.notify_waiters();
            }
            Ok(deliveries)
        })
    }

    fn renewal(&self) -> Option<Duration> {
        Some(self.inner.database.lease() / 3)
    }

    fn renew(&mut self) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async move {
            self.inner.renew(&self.claimant()).await.map_err(failed("renew its lease"))
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), EngineError>> {
        Box::pin(async move {
            match self.spec.lifetime {
                Lifetime::Durable => Ok(()),
                Lifetime::Instance => {
                    let removed = self.inner.remove(&self.name).await;
                    removed.map(drop).map_err(failed("remove a subscription"))
                }
            }
        })
    }
}
