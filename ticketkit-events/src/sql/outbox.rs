//! The rows of the outbox, as the relay sees them.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Row};

use super::{Database, Durability, row};
use crate::{Envelope, Timestamp};

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

    /// Reads what can be published now, in order; a key with an event that waits
    /// for another try is left out from that event on.
    pub(crate) async fn outbox_batch(
        &self,
        limit: i64,
    ) -> Result<(Vec<Pending>, Vec<Envelope>), sqlx::Error> {
        let rows = sqlx::query(concat!(
            "select seq, attempts, ",
            row::columns!(),
            " from ticketkit_outbox o
              where due_at <= $1
                and not exists (
                    select 1 from ticketkit_outbox p
                    where p.event_key = o.event_key and p.seq < o.seq and p.due_at > $1
                )
              order by seq limit $2"
        ))
        .bind(self.now().as_millis())
        .bind(limit)
        .fetch_all(self.reader())
        .await?;
        let mut pending = Vec::with_capacity(rows.len());
        let mut envelopes = Vec::with_capacity(rows.len());
        for row in &rows {
            let attempts: i64 = row.try_get("attempts")?;
            let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
            pending.push(Pending { seq: row.try_get("seq")?, attempts });
            envelopes.push(row::envelope(row)?);
        }
        Ok((pending, envelopes))
    }

    /// Deletes what the engine has, and marks what it refused.
    ///
    /// Relaxed: what a power cut brings back is published again under its id.
    pub(crate) async fn outbox_settle(
        &self,
        published: &[i64],
        refused: &[Refused],
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.begin_with(Durability::Relaxed).await?;
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
        tx.commit().await
    }

    /// Returns when the next refused event is due.
    pub(crate) async fn outbox_due(&self) -> Result<Option<Timestamp>, sqlx::Error> {
        let row = sqlx::query("select min(due_at) as due from ticketkit_outbox where due_at > $1")
            .bind(self.now().as_millis())
            .fetch_one(self.reader())
            .await?;
        Ok(row.try_get::<Option<i64>, _>("due")?.map(Timestamp::from_millis))
    }
}

/// Writes integers as a list for SQL: the `Any` driver binds no arrays.
pub(crate) fn list(numbers: &[i64]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(",")
}
