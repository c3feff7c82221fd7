//! The inbox: which events a subscription has handled.

use std::time::Duration;

use sqlx::{AnyConnection, AnyPool};
use tracing::warn;

use super::{Database, Durability};
use crate::{EventId, Timestamp};

/// Long enough for an event that was parked on a Friday and redriven on a Monday,
/// and for a backup of the engine that is played back.
const RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// So that a sweep after a long pause does not hold the writer for long.
const SWEEP_BATCH: i64 = 5000;

/// Records the event; returns false if it was recorded before.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    subscription: &str,
    event: EventId,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into ticketkit_inbox (subscription, event_id, handled_at)
         values ($1, $2, $3)
         on conflict (subscription, event_id) do nothing",
    )
    .bind(subscription)
    .bind(event.to_string())
    .bind(now.as_millis())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn contains(
    reader: &AnyPool,
    subscription: &str,
    event: EventId,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query(
        "select handled_at from ticketkit_inbox where subscription = $1 and event_id = $2",
    )
    .bind(subscription)
    .bind(event.to_string())
    .fetch_optional(reader)
    .await?;
    Ok(found.is_some())
}

impl Database {
    /// Sweeps the inbox of a subscription now and then, for ever.
    pub(crate) async fn keep_inbox_swept(&self, subscription: &str) {
        loop {
            match self.sweep_inbox(subscription).await {
                Ok(SWEEP_BATCH..) => {}
                Ok(_) => self.clock().sleep_until(self.now() + SWEEP_EVERY).await,
                Err(error) => {
                    warn!(
                        subscription,
                        error = &error as &dyn std::error::Error,
                        "the inbox was not swept"
                    );
                    self.clock().sleep_until(self.now() + SWEEP_EVERY).await;
                }
            }
        }
    }

    /// Deletes a batch of rows that are older than the retention; returns how many.
    async fn sweep_inbox(&self, subscription: &str) -> Result<i64, sqlx::Error> {
        let before = self.now() - RETENTION;
        let due = sqlx::query(
            "select event_id from ticketkit_inbox
             where subscription = $1 and handled_at < $2 limit 1",
        )
        .bind(subscription)
        .bind(before.as_millis())
        .fetch_optional(self.reader())
        .await?;
        if due.is_none() {
            return Ok(0);
        }
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        let done = sqlx::query(
            "delete from ticketkit_inbox
             where subscription = $1 and event_id in (
                 select event_id from ticketkit_inbox
                 where subscription = $1 and handled_at < $2
                 order by handled_at limit $3
             )",
        )
        .bind(subscription)
        .bind(before.as_millis())
        .bind(SWEEP_BATCH)
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(i64::try_from(done.rows_affected()).unwrap_or(SWEEP_BATCH))
    }
}
