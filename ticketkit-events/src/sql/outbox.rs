//! The rows of the outbox, as the relay sees them.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::{Database, Durability, relay::Turn, row};
use crate::{Envelope, Timestamp};

/// Enough for the engine's sync, and the settling, to be shared.
const BATCH: usize = 256;
/// So that large events do not fill the memory.
const BATCH_BYTES: usize = 4 << 20;

/// The figures of an outbox at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxStats {
    /// Events that are committed and not on the bus yet.
    pub pending: u64,
    /// Of these, events that the engine refused at least once.
    pub failing: u64,
    /// When the oldest pending event happened.
    pub oldest: Option<Timestamp>,
    /// Events that wait for their time.
    pub scheduled: u64,
}

/// What a worker of a relay moves at a time.
pub(crate) struct Batch {
    pub(crate) rows: Vec<Pending>,
    /// One for each row.
    pub(crate) envelopes: Vec<Envelope>,
    /// Whether it was cut off by its size.
    pub(crate) more: bool,
}

/// A row of the outbox.
pub(crate) struct Pending {
    pub(crate) seq: i64,
    pub(crate) attempts: u32,
}

/// Something that the engine refused, and when to try again.
pub(crate) struct Refused {
    pub(crate) seq: i64,
    pub(crate) after: Duration,
    pub(crate) error: String,
}

impl Database {
    /// Returns the figures of the outbox.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn outbox_stats(&self) -> Result<OutboxStats, sqlx::Error> {
        let row = sqlx::query(
            "select
                 (select count(*) from ticketkit_outbox) as pending,
                 (select count(*) from ticketkit_outbox where attempts > 0) as failing,
                 (select min(time) from ticketkit_outbox) as oldest,
                 (select count(*) from ticketkit_schedules) as scheduled",
        )
        .fetch_one(self.reader())
        .await?;
        let count = |name: &str| row.try_get(name).map(|n: i64| u64::try_from(n).unwrap_or(0));
        Ok(OutboxStats {
            pending: count("pending")?,
            failing: count("failing")?,
            oldest: row.try_get::<Option<i64>, _>("oldest")?.map(Timestamp::from_millis),
            scheduled: count("scheduled")?,
        })
    }

    /// Reads what can be published of a partition now, in order; a key with an event that waits for
    /// another try is left out from that event on.
    pub(crate) async fn outbox_batch(&self, partition: u8) -> Result<Batch, sqlx::Error> {
        let mut found = sqlx::query(concat!(
            "select seq, attempts, ",
            row::columns!(),
            " from ticketkit_outbox o
              where partition = $1 and due_at <= $2
                and not exists (
                    select 1 from ticketkit_outbox p
                    where p.event_key = o.event_key and p.seq < o.seq
                      and p.due_at > 0 and p.due_at > $2
                )
              order by seq limit $3"
        ))
        .bind(i64::from(partition))
        .bind(self.now().as_millis())
        .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
        .fetch(self.reader());
        let mut batch = Batch { rows: Vec::new(), envelopes: Vec::new(), more: false };
        let mut bytes = 0;
        while let Some(row) = found.try_next().await? {
            let attempts: i64 = row.try_get("attempts")?;
            let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
            batch.rows.push(Pending { seq: row.try_get("seq")?, attempts });
            let envelope = row::envelope(&row)?;
            bytes += envelope.data.len();
            batch.envelopes.push(envelope);
            batch.more = batch.rows.len() == BATCH || bytes >= BATCH_BYTES;
            if batch.more {
                break;
            }
        }
        Ok(batch)
    }

    /// Deletes what the engine has, and marks what it refused; returns false, and does neither, if
    /// another relay has the partition.
    ///
    /// Relaxed: what a power cut brings back is published again under its id.
    pub(crate) async fn outbox_settle(
        &self,
        relay: &str,
        turn: Turn,
        published: &[i64],
        refused: &[Refused],
    ) -> Result<bool, sqlx::Error> {
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        // First: until the commit nobody takes the partition.
        if !self.renew_lease(&mut tx, relay, turn).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        if !published.is_empty() {
            let delete = format!("delete from ticketkit_outbox where seq in ({})", list(published));
            // Integers of our own; a text that differs each time is not worth keeping.
            sqlx::query(AssertSqlSafe(delete)).persistent(false).execute(tx.conn()).await?;
        }
        for row in refused {
            sqlx::query(
                "update ticketkit_outbox
                 set attempts = attempts + 1, due_at = $2, error = $3 where seq = $1",
            )
            .bind(row.seq)
            .bind((self.now() + row.after).as_millis())
            .bind(row.error.clone())
            .execute(tx.conn())
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Returns when the next schedule, or the next try of a refused event, is due.
    pub(crate) async fn next_due(&self) -> Result<Option<Timestamp>, sqlx::Error> {
        let row = sqlx::query(
            "select
                 (select min(publish_at) from ticketkit_schedules) as schedule,
                 (select min(due_at) from ticketkit_outbox where due_at > 0 and due_at > $1) as retry",
        )
        .bind(self.now().as_millis())
        .fetch_one(self.reader())
        .await?;
        let at = |name: &str| row.try_get::<Option<i64>, _>(name);
        Ok(at("schedule")?.into_iter().chain(at("retry")?).min().map(Timestamp::from_millis))
    }
}

/// Writes integers as a list for SQL: the `Any` driver binds no arrays.
pub(crate) fn list(numbers: &[i64]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(",")
}
