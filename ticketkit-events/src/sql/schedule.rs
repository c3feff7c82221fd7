//! Events that are published later: rows, so that a restart loses none.

use sqlx::Row;

use super::{Database, Durability, Tx, row};
use crate::{Envelope, Timestamp};

impl Tx {
    /// Writes an event that is published at `at`, in the place of an earlier one of its cancel key.
    pub(crate) async fn schedule(
        &mut self,
        envelope: &Envelope,
        at: Timestamp,
        cancel_key: &str,
    ) -> Result<(), sqlx::Error> {
        self.unschedule(cancel_key).await?;
        let insert = concat!(
            "insert into ticketkit_schedules (",
            row::columns!(),
            ", cancel_key, publish_at) ",
            "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        );
        row::bind(sqlx::query(insert), envelope)
            .bind(cancel_key)
            .bind(at.as_millis())
            .execute(self.conn())
            .await?;
        // The relay sleeps until the next schedule that it knows.
        self.wake_relay();
        Ok(())
    }

    /// Takes a scheduled event back; returns whether it was there.
    pub(crate) async fn unschedule(&mut self, cancel_key: &str) -> Result<bool, sqlx::Error> {
        let done = sqlx::query("delete from ticketkit_schedules where cancel_key = $1")
            .bind(cancel_key)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

impl Database {
    /// Moves due schedules into the outbox; returns how many.
    pub(crate) async fn fire_schedules(&self, limit: usize) -> Result<usize, sqlx::Error> {
        let due = sqlx::query(concat!(
            "select cancel_key, ",
            row::columns!(),
            " from ticketkit_schedules where publish_at <= $1
              order by publish_at, id limit 0 + $2"
        ))
        .bind(self.now().as_millis())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.reader())
        .await?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        for found in &due {
            let envelope = row::envelope(found)?;
            // It may have been cancelled or replaced since it was read.
            let taken =
                sqlx::query("delete from ticketkit_schedules where cancel_key = $1 and id = $2")
                    .bind(found.try_get::<String, _>("cancel_key")?)
                    .bind(envelope.id.to_string())
                    .execute(tx.conn())
                    .await?;
            if taken.rows_affected() > 0 {
                tx.enqueue(&envelope).await?;
            }
        }
        tx.commit().await?;
        Ok(due.len())
    }
}
