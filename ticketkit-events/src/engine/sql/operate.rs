//! What operators ask for: figures and parked events.

use std::sync::Arc;

use sqlx::Row;

use super::{Inner, state};
use crate::{
    EventId, Timestamp,
    engine::SubscriptionStats,
    parked::{ParkedEvent, ParkedId},
    sql,
};

impl Inner {
    pub(super) async fn parked(
        &self,
        subscription: &str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> Result<Vec<ParkedEvent>, sqlx::Error> {
        let rows = sqlx::query(
            "select d.seq, d.failures, d.error, d.parked_at, e.id, e.kind, e.source, e.time,
                    e.event_key, e.version, e.correlation_id, e.causation_id, e.traceparent,
                    e.tracestate, e.data
             from ticketkit_deliveries d join ticketkit_events e on e.seq = d.seq
             where d.subscription = $1 and d.state = $2 and d.seq > $3
             order by d.seq limit 0 + $4",
        )
        .bind(subscription)
        .bind(state::PARKED)
        .bind(after.map_or(i64::MIN, |ParkedId(seq)| seq))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.database.reader())
        .await?;
        let parked = |row: &sqlx::any::AnyRow| {
            let attempts: i64 = row.try_get("failures")?;
            let parked_at: Option<i64> = row.try_get("parked_at")?;
            Ok(ParkedEvent {
                id: ParkedId(row.try_get("seq")?),
                subscription: subscription.to_owned(),
                envelope: Arc::new(sql::envelope(row)?),
                error: row.try_get::<Option<String>, _>("error")?.unwrap_or_default(),
                attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
                parked_at: Timestamp::from_millis(parked_at.unwrap_or_default()),
            })
        };
        rows.iter().map(parked).collect()
    }

    pub(super) async fn redrive(
        &self,
        subscription: &str,
        event: Option<EventId>,
    ) -> Result<u64, sqlx::Error> {
        let count = self
            .change_parked(
                "update ticketkit_deliveries
                 set state = 0, due_at = 0, failures = 0, crashes = 0, parked_at = null
                 where subscription = $1 and state = 2
                   and ($2 = '' or seq in (select seq from ticketkit_events where id = $2))",
                subscription,
                event,
            )
            .await?;
        self.wake([subscription]);
        Ok(count)
    }

    pub(super) async fn discard(
        &self,
        subscription: &str,
        event: Option<EventId>,
    ) -> Result<u64, sqlx::Error> {
        let count = self
            .change_parked(
                "delete from ticketkit_deliveries
                 where subscription = $1 and state = 2
                   and ($2 = '' or seq in (select seq from ticketkit_events where id = $2))",
                subscription,
                event,
            )
            .await?;
        // What waited behind them in the order of a key can go on.
        self.wake([subscription]);
        Ok(count)
    }

    async fn change_parked(
        &self,
        statement: &'static str,
        subscription: &str,
        event: Option<EventId>,
    ) -> Result<u64, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        let done = sqlx::query(statement)
            .bind(subscription)
            .bind(event.map(|id| id.to_string()).unwrap_or_default())
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    pub(super) async fn stats(&self) -> Result<Vec<SubscriptionStats>, sqlx::Error> {
        // The casts are for PostgreSQL, where a sum of bigint is numeric.
        let rows = sqlx::query(
            "select s.name,
                 cast(coalesce(sum(case when d.state <> 2 then 1 end), 0) as bigint) as pending,
                 cast(coalesce(sum(case when d.state = 1 then 1 end), 0) as bigint) as in_flight,
                 cast(coalesce(sum(case when d.state = 0 and d.failures > 0 then 1 end), 0) as bigint)
                     as retrying,
                 cast(coalesce(sum(case when d.state = 2 then 1 end), 0) as bigint) as parked,
                 min(case when d.state <> 2 then d.published_at end) as oldest
             from ticketkit_subscriptions s
             left join ticketkit_deliveries d on d.subscription = s.name
             group by s.name
             order by s.name",
        )
        .fetch_all(self.database.reader())
        .await?;
        let stats = |row: &sqlx::any::AnyRow| {
            let count = |name: &str| row.try_get(name).map(|n: i64| u64::try_from(n).unwrap_or(0));
            Ok(SubscriptionStats {
                name: row.try_get("name")?,
                pending: count("pending")?,
                in_flight: count("in_flight")?,
                retrying: count("retrying")?,
                parked: count("parked")?,
                oldest: row.try_get::<Option<i64>, _>("oldest")?.map(Timestamp::from_millis),
                // Who claims nothing at present is not known here.
                consumers: None,
            })
        };
        rows.iter().map(stats).collect()
    }
}
