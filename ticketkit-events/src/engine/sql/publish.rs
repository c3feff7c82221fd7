use std::collections::{BTreeSet, HashSet};

use sqlx::Row;

use super::{Inner, ROUTES, failed};
use crate::{Envelope, Timestamp, engine::EngineError, sql::Tx};

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
        tx.commit().await?;
        self.wake(woken.iter().map(String::as_str));
        let bytes = events.iter().map(|event| event.data.len() as u64).sum();
        self.sweep_if_due(now, bytes).await;
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
