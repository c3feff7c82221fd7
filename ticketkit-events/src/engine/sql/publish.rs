use std::{
    collections::{BTreeSet, HashSet},
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::Row;

use super::{Inner, RETENTION, ROUTES, failed};
use crate::{Envelope, Timestamp, engine::EngineError, sql::Tx};

const SWEEP_EVERY: Duration = Duration::from_secs(300);
/// So that a sweep does not hold the writer for long.
const SWEEP_BATCH: u64 = 2000;

impl Inner {
    /// Commits events and a delivery of each to every subscription of its type.
    pub(super) async fn publish(&self, events: &[Envelope]) -> Result<(), sqlx::Error> {
        if events.is_empty() {
            return Ok(());
        }
        let now = self.database.now();
        let mut woken = BTreeSet::new();
        let mut tx = self.database.begin().await?;
        tx.lock_shared(ROUTES).await?;
        for event in events {
            insert(&mut tx, event, now, &mut woken).await?;
        }
        if self.sweep_is_due(now) && sweep(&mut tx, now).await? == SWEEP_BATCH {
            // There is more: the next transaction goes on, or events would come faster than they go.
            *self.swept_at() = None;
        }
        tx.commit().await?;
        self.wake(woken.iter().map(String::as_str));
        Ok(())
    }

    /// Commits events one by one, after they could not be committed together: one that is refused
    /// holds up those of its key alone.
    pub(super) async fn publish_singly(&self, events: &[Envelope]) -> Vec<Result<(), EngineError>> {
        let mut refused = HashSet::new();
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            let result = if refused.contains(event.key.as_str()) {
                let reason = "an earlier event of its key was refused";
                Err(EngineError::failed("the sql engine cannot take an event", reason))
            } else {
                let one = self.publish(std::slice::from_ref(event)).await;
                one.map_err(failed("take an event"))
            };
            if result.is_err() {
                refused.insert(event.key.as_str());
            }
            results.push(result);
        }
        results
    }

    fn sweep_is_due(&self, now: Timestamp) -> bool {
        let mut swept_at = self.swept_at();
        let due = swept_at.is_none_or(|at| now.since(at) >= SWEEP_EVERY);
        if due {
            *swept_at = Some(now);
        }
        due
    }

    fn swept_at(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.swept_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn insert(
    tx: &mut Tx,
    event: &Envelope,
    now: Timestamp,
    woken: &mut BTreeSet<String>,
) -> Result<(), sqlx::Error> {
    let statement = concat!(
        "insert into ticketkit_events (",
        crate::sql::columns!(),
        ", published_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (id) do nothing
         returning seq"
    );
    let inserted = crate::sql::bind(sqlx::query(statement), event)
        .bind(now.as_millis())
        .fetch_optional(tx.conn())
        .await?;
    // A relay that died between here and its outbox publishes again.
    let Some(inserted) = inserted else { return Ok(()) };
    let rows = sqlx::query(
        "insert into ticketkit_deliveries (subscription, seq, event_key, published_at)
         select subscription, $1, $2, $3 from ticketkit_routes where kind = $4
         returning subscription",
    )
    .bind(inserted.try_get::<i64, _>("seq")?)
    .bind(event.key.clone())
    .bind(now.as_millis())
    .bind(event.kind.clone())
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        woken.insert(row.try_get("subscription")?);
    }
    Ok(())
}

/// Deletes a batch of events that are past their time, and subscriptions of dead instances; returns
/// how many events.
async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<u64, sqlx::Error> {
    for statement in [
        "delete from ticketkit_deliveries where subscription in (
             select name from ticketkit_subscriptions where expires_at < $1)",
        "delete from ticketkit_routes where subscription in (
             select name from ticketkit_subscriptions where expires_at < $1)",
        "delete from ticketkit_subscriptions where expires_at < $1",
    ] {
        sqlx::query(statement).bind(now.as_millis()).execute(tx.conn()).await?;
    }
    let done = sqlx::query(
        "delete from ticketkit_events where seq in (
             select e.seq from ticketkit_events e
             where e.published_at < $1
               and not exists (select 1 from ticketkit_deliveries d where d.seq = e.seq)
             order by e.published_at limit $2
         )",
    )
    .bind((now - RETENTION).as_millis())
    .bind(i64::try_from(SWEEP_BATCH).unwrap_or(i64::MAX))
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
