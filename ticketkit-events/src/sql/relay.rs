use std::{collections::HashSet, pin::pin, time::Duration};

use tokio::time::sleep;
use tracing::{debug, warn};

use super::{Database, outbox::Refused};
use crate::{Bus, Timestamp, handler::describe};

/// How many events one step moves; enough for the engine's sync to be shared.
const BATCH: i64 = 256;
/// Events that another process commits are found by polling.
const SHORTEST_POLL: Duration = Duration::from_millis(100);
const LONGEST_POLL: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Moves committed events of one [`Database`] to the [`Bus`], in order per key.
///
/// Run one for each database. It wakes by the commit in the same process, by the
/// next schedule, and by a poll of up to a second. An event is deleted from the
/// outbox after the engine has it: a crash between the two publishes it again
/// under its id, and inboxes absorb the duplicate. An event that the engine
/// refuses holds back its key alone.
#[derive(Debug)]
#[must_use = "a relay does nothing until it runs"]
pub struct Relay {
    database: Database,
    bus: Bus,
}

/// A step that did not move events.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error("the outbox cannot be read or settled")]
    Database(#[from] sqlx::Error),
    #[error("the engine takes no events: {0}")]
    Engine(String),
}

impl Relay {
    /// Makes the relay of a database.
    pub fn new(database: &Database, bus: &Bus) -> Self {
        Self { database: database.clone(), bus: bus.clone() }
    }

    /// Moves events until `shutdown`, and what is committed by then.
    ///
    /// A database or engine that fails is tried again for ever, with pauses. If
    /// this future is dropped, events of the last step may be published twice.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let (mut poll, mut pause) = (SHORTEST_POLL, FIRST_PAUSE);
        let mut last = false;
        loop {
            match self.step(pause).await {
                Ok(0) if last => return,
                Ok(0) => {
                    let next = self.next_due().await.unwrap_or(None);
                    tokio::select! {
                        () = &mut shutdown => last = true,
                        () = self.database.outbox().notified() => poll = SHORTEST_POLL,
                        () = self.database.clock().sleep_until(next.unwrap_or(Timestamp::EPOCH)),
                            if next.is_some() => {}
                        () = sleep(poll) => poll = (poll * 2).min(LONGEST_POLL),
                    }
                }
                Ok(moved) => {
                    debug!(moved, "relayed");
                    (poll, pause) = (SHORTEST_POLL, FIRST_PAUSE);
                }
                Err(error) if last => {
                    warn!(error = describe(&error), "events stay in the outbox");
                    return;
                }
                Err(error) => {
                    warn!(error = describe(&error), ?pause, "the relay stands still");
                    tokio::select! {
                        () = &mut shutdown => last = true,
                        () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                    }
                }
            }
        }
    }

    /// Fires schedules and moves one batch; returns how much there was to do. After a failure there
    /// is a pause of this length.
    async fn step(&self, pause: Duration) -> Result<usize, StepError> {
        let fired = self.database.fire_schedules(BATCH).await?;
        let (pending, envelopes) = self.database.outbox_batch(BATCH).await?;
        if envelopes.is_empty() {
            return Ok(fired);
        }
        let results = self.bus.publish_envelopes(&envelopes).await;
        let mut published = Vec::with_capacity(pending.len());
        let mut refused = Vec::new();
        for (row, result) in pending.iter().zip(results) {
            match result {
                Ok(()) => published.push(row.seq),
                Err(error) => refused.push(Refused {
                    seq: row.seq,
                    after: pause_after(row.attempts),
                    error: describe(&error),
                }),
            }
        }
        if published.is_empty() {
            // All of them: the engine is down, which is no event's fault. Or the oldest events are
            // those of keys that it refuses, as many as are read at a time: so others get a turn.
            let error = refused.first().map_or_else(String::new, |row| row.error.clone());
            let mut keys = HashSet::new();
            let firsts = envelopes.iter().map(|envelope| keys.insert(&envelope.key));
            let mut firsts = firsts.collect::<Vec<_>>().into_iter();
            refused.retain(|_| firsts.next().unwrap_or(false));
            for row in &mut refused {
                row.after = pause * 2;
            }
            self.database.outbox_settle(&[], &refused).await?;
            return Err(StepError::Engine(error));
        }
        self.database.outbox_settle(&published, &refused).await?;
        Ok(fired + published.len())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, sqlx::Error> {
        let schedule = self.database.next_schedule().await?;
        let retry = self.database.outbox_due().await?;
        Ok(schedule.into_iter().chain(retry).min())
    }
}

fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << attempts.min(16)).min(Duration::from_secs(60))
}
