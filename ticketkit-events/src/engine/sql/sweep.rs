//! What is kept no longer: events that are too old or too many, and subscriptions of dead instances.

use std::{
    sync::{MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Row};
use tracing::warn;

use super::{Inner, ROUTES};
use crate::{Timestamp, sql};

const SWEEP_EVERY: Duration = Duration::from_secs(300);
/// So that a sweep does not hold the writer for long.
const BATCH: usize = 2000;
/// So that a limit that was just set does not hold up the one who publishes for long.
const MOST_BATCHES: usize = 10;
/// A sweep for each so-manieth part of the limit that is published.
const PARTS_OF_LIMIT: u64 = 8;

impl Inner {
    /// Sweeps if it is time to, after so many bytes were published.
    pub(super) async fn sweep_if_due(&self, now: Timestamp, published: u64) {
        if !self.sweep_is_due(now, published) {
            return;
        }
        match self.sweep(now).await {
            Ok(false) => {}
            // The next who publishes goes on, or events would come faster than they go.
            Ok(true) => *self.swept_at() = None,
            // What is too much now is so the next time.
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "the sql engine was not swept");
            }
        }
    }

    fn sweep_is_due(&self, now: Timestamp, published: u64) -> bool {
        let since = self.published.fetch_add(published, Ordering::Relaxed) + published;
        let part = self.options.retain_bytes.map(|limit| (limit / PARTS_OF_LIMIT).max(1));
        let mut swept_at = self.swept_at();
        let due = swept_at.is_none_or(|at| now.since(at) >= SWEEP_EVERY)
            || part.is_some_and(|part| since >= part);
        if due {
            *swept_at = Some(now);
            self.published.store(0, Ordering::Relaxed);
        }
        due
    }

    fn swept_at(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.swept_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether there may be more to sweep.
    async fn sweep(&self, now: Timestamp) -> Result<bool, sqlx::Error> {
        self.sweep_instances(now).await?;
        let old = self.too_old(now).await?;
        self.drop_events(&old).await?;
        let more = old.len() == BATCH;
        let Some(limit) = self.options.retain_bytes else { return Ok(more) };
        let mut excess = self.size().await?.saturating_sub(limit);
        for _ in 0..MOST_BATCHES {
            let (events, bytes) = self.oldest(excess).await?;
            if events.is_empty() {
                return Ok(more);
            }
            self.drop_events(&events).await?;
            excess = excess.saturating_sub(bytes);
        }
        Ok(true)
    }

    async fn sweep_instances(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        let dead = sqlx::query("select name from ticketkit_subscriptions where expires_at < $1")
            .bind(now.as_millis())
            .fetch_optional(self.database.reader())
            .await?;
        if dead.is_none() {
            return Ok(());
        }
        let mut tx = self.database.begin_with(sql::Durability::Relaxed).await?;
        tx.lock(ROUTES).await?;
        for statement in [
            "delete from ticketkit_deliveries where subscription in (
                 select name from ticketkit_subscriptions where expires_at < $1)",
            "delete from ticketkit_routes where subscription in (
                 select name from ticketkit_subscriptions where expires_at < $1)",
            "delete from ticketkit_subscriptions where expires_at < $1",
        ] {
            sqlx::query(statement).bind(now.as_millis()).execute(tx.conn()).await?;
        }
        tx.commit().await
    }

    /// Returns a batch of events that are past their time.
    async fn too_old(&self, now: Timestamp) -> Result<Vec<i64>, sqlx::Error> {
        let query = format!(
            "select e.seq from ticketkit_events e
             where e.published_at < $1{}
             order by e.published_at limit {BATCH}",
            self.droppable()
        );
        let rows = sqlx::query(AssertSqlSafe(query))
            .bind((now - self.options.retain_for).as_millis())
            .fetch_all(self.database.reader())
            .await?;
        rows.iter().map(|row| row.try_get("seq")).collect()
    }

    /// Returns how many bytes of data there are.
    async fn size(&self) -> Result<u64, sqlx::Error> {
        // The cast is for PostgreSQL, where a sum of bigint is numeric.
        let query = "select cast(coalesce(sum(octet_length(data)), 0) as bigint) as bytes
                     from ticketkit_events";
        let row = sqlx::query(query).fetch_one(self.database.reader()).await?;
        let bytes: i64 = row.try_get("bytes")?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// Returns the oldest events that have so many bytes together, of a batch, and how many they
    /// have.
    async fn oldest(&self, bytes: u64) -> Result<(Vec<i64>, u64), sqlx::Error> {
        let (mut events, mut sum) = (Vec::new(), 0);
        if bytes == 0 {
            return Ok((events, sum));
        }
        let query = format!(
            "select e.seq, cast(octet_length(e.data) as bigint) as bytes from ticketkit_events e
             where true{}
             order by e.seq limit {BATCH}",
            self.droppable()
        );
        let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(self.database.reader()).await?;
        for row in &rows {
            if sum >= bytes {
                break;
            }
            events.push(row.try_get("seq")?);
            sum += u64::try_from(row.try_get::<i64, _>("bytes")?).unwrap_or_default();
        }
        Ok((events, sum))
    }

    /// Returns what an event has to be beside too old or one too many.
    fn droppable(&self) -> &'static str {
        if self.options.drop_unhandled {
            ""
        } else {
            " and not exists (select 1 from ticketkit_deliveries d where d.seq = e.seq)"
        }
    }

    async fn drop_events(&self, events: &[i64]) -> Result<(), sqlx::Error> {
        if events.is_empty() {
            return Ok(());
        }
        let events = sql::list(events);
        let mut tx = self.database.begin_with(sql::Durability::Relaxed).await?;
        // A replay may have made deliveries of them since they were looked up; now it waits.
        tx.lock_shared(ROUTES).await?;
        let mut lost = 0;
        if self.options.drop_unhandled {
            let delete = format!("delete from ticketkit_deliveries where seq in ({events})");
            let delete = sqlx::query(AssertSqlSafe(delete)).persistent(false);
            lost = delete.execute(tx.conn()).await?.rows_affected();
        }
        let delete = format!(
            "delete from ticketkit_events as e where e.seq in ({events}){}",
            self.droppable()
        );
        // Integers of our own; a text that differs each time is not worth keeping.
        sqlx::query(AssertSqlSafe(delete)).persistent(false).execute(tx.conn()).await?;
        tx.commit().await?;
        if lost > 0 {
            warn!(
                deliveries = lost,
                "events that were not handled were dropped, as the settings say"
            );
        }
        Ok(())
    }
}
