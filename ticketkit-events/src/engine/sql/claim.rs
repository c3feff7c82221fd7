//! Claiming: by state, never by a cursor, so that nothing is skipped.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Row};

use super::{Inner, state};
use crate::{
    Timestamp,
    engine::{Claim, Delivery},
    sql::{self, Tx},
};

/// Who claims, and of what.
pub(super) struct Claimant<'a> {
    pub(super) subscription: &'a str,
    pub(super) worker: &'a str,
    pub(super) ordered: bool,
}

/// What keeps a later event of a key waiting, in an ordered subscription: one
/// before it that is claimed, parked or not due.
macro_rules! in_order {
    ($blocking:literal) => {
        concat!(
            " and not exists (
                  select 1 from ticketkit_deliveries p
                  where p.subscription = d.subscription
                    and p.event_key = d.event_key
                    and p.seq < d.seq
                    and ",
            $blocking,
            ")"
        )
    };
}

macro_rules! peek {
    () => {
        "select d.seq from ticketkit_deliveries d
         where d.subscription = $1
           and ((d.state = 0 and d.due_at <= $2)
                or (d.state = 1 and d.worker <> $3
                    and (d.lease_until <= $2 or d.lease_until > $4)))"
    };
}

macro_rules! claim {
    () => {
        concat!(
            "select d.seq, d.failures, d.crashes, d.fence, e.id, e.kind, e.source, e.time,
                    e.event_key, e.version, e.correlation_id, e.causation_id, e.traceparent,
                    e.tracestate, e.data
             from ticketkit_deliveries d join ticketkit_events e on e.seq = d.seq
             where d.subscription = $1 and d.state = 0 and d.due_at <= $2"
        )
    };
}

impl Inner {
    /// Returns whether there is something to claim.
    pub(super) async fn peek(&self, claimant: &Claimant<'_>) -> Result<bool, sqlx::Error> {
        let query = if claimant.ordered {
            concat!(
                peek!(),
                // A claim whose lease is over holds back nothing: it is taken back.
                in_order!(
                    "(p.state = 2 or (p.state = 0 and p.due_at > 0 + $2)
                      or (p.state = 1
                          and (p.worker = $3 or p.lease_until between $2 + 1 and $4)))"
                ),
                " limit 1"
            )
        } else {
            concat!(peek!(), " limit 1")
        };
        let now = self.database.now();
        let found = sqlx::query(query)
            .bind(claimant.subscription)
            .bind(now.as_millis())
            .bind(claimant.worker)
            .bind(self.longest_lease(now).as_millis())
            .fetch_optional(self.database.reader())
            .await?;
        Ok(found.is_some())
    }

    /// Returns when the next retry is due or the next lease of another is over.
    pub(super) async fn next_due(
        &self,
        claimant: &Claimant<'_>,
    ) -> Result<Option<Timestamp>, sqlx::Error> {
        let row = sqlx::query(
            "select min(at) as at from (
                 select min(due_at) as at from ticketkit_deliveries
                 where subscription = $1 and state = 0 and due_at > 0 and due_at > 0 + $2
                 union all
                 select min(lease_until) as at from ticketkit_deliveries
                 where subscription = $1 and state = 1 and worker <> $3
             ) due",
        )
        .bind(claimant.subscription)
        .bind(self.database.now().as_millis())
        .bind(claimant.worker)
        .fetch_one(self.database.reader())
        .await?;
        Ok(row.try_get::<Option<i64>, _>("at")?.map(Timestamp::from_millis))
    }

    /// Claims up to `capacity` events in a transaction.
    pub(super) async fn claim(
        &self,
        tx: &mut Tx,
        claimant: &Claimant<'_>,
        capacity: usize,
    ) -> Result<Vec<Delivery>, sqlx::Error> {
        let now = self.database.now();
        let query = if claimant.ordered {
            concat!(
                claim!(),
                in_order!("(p.state <> 0 or p.due_at > 0 + $2)"),
                " order by d.seq limit 0 + $3"
            )
        } else {
            concat!(claim!(), " order by d.seq limit 0 + $3")
        };
        let query = format!("{query}{}", self.database.dialect().skip_locked("d"));
        // One of two texts for each database.
        let rows = sqlx::query(AssertSqlSafe(query))
            .bind(claimant.subscription)
            .bind(now.as_millis())
            .bind(i64::try_from(capacity).unwrap_or(i64::MAX))
            .fetch_all(tx.conn())
            .await?;
        let mut deliveries = Vec::with_capacity(rows.len());
        for row in &rows {
            let count =
                |name: &str| row.try_get(name).map(|n: i64| u32::try_from(n).unwrap_or(u32::MAX));
            let claim =
                Claim { place: row.try_get("seq")?, fence: row.try_get::<i64, _>("fence")? + 1 };
            let envelope = Arc::new(sql::envelope(row)?);
            let attempt = count("failures")?.saturating_add(1);
            deliveries.push(Delivery::new(envelope, attempt, count("crashes")?, claim));
        }
        if !deliveries.is_empty() {
            let places: Vec<i64> = deliveries.iter().map(|d| d.claim.place).collect();
            let update = format!(
                "update ticketkit_deliveries
                 set state = {}, worker = $2, lease_until = $3, fence = fence + 1
                 where subscription = $1 and seq in ({})",
                state::CLAIMED,
                sql::list(&places)
            );
            sqlx::query(AssertSqlSafe(update))
                .persistent(false)
                .bind(claimant.subscription)
                .bind(claimant.worker)
                .bind((now + self.database.lease()).as_millis())
                .execute(tx.conn())
                .await?;
        }
        Ok(deliveries)
    }

    /// Sees to it that consumers of an ordered subscription claim one after the other: who looked
    /// while another claims the first event of a key would claim the second.
    pub(super) async fn take_turns(
        &self,
        tx: &mut Tx,
        claimant: &Claimant<'_>,
    ) -> Result<(), sqlx::Error> {
        if claimant.ordered {
            tx.lock(&format!("ticketkit/claim/{}", claimant.subscription)).await?;
        }
        Ok(())
    }

    /// Takes back what others claimed and have not renewed.
    pub(super) async fn take_back(
        &self,
        tx: &mut Tx,
        claimant: &Claimant<'_>,
    ) -> Result<(), sqlx::Error> {
        let now = self.database.now();
        // What is locked is being settled, renewed or taken back by another.
        let update = format!(
            "update ticketkit_deliveries
             set state = 0, worker = null, crashes = crashes + 1
             where subscription = $1 and seq in (
                 select d.seq from ticketkit_deliveries d
                 where d.subscription = $1 and d.state = 1 and d.worker <> $3
                   and (d.lease_until <= $2 or d.lease_until > $4){}
             )",
            self.database.dialect().skip_locked("d")
        );
        sqlx::query(AssertSqlSafe(update))
            .bind(claimant.subscription)
            .bind(now.as_millis())
            .bind(claimant.worker)
            .bind(self.longest_lease(now).as_millis())
            .execute(tx.conn())
            .await?;
        Ok(())
    }

    /// Returns until when a lease can last that was given by this clock. One that lasts longer was
    /// given before the clock was set back: it would hold its events for as long.
    fn longest_lease(&self, now: Timestamp) -> Timestamp {
        now + self.database.lease() * 2
    }

    /// Extends the lease of everything that a worker has claimed.
    pub(super) async fn renew(&self, claimant: &Claimant<'_>) -> Result<(), sqlx::Error> {
        let mut tx = self.database.begin_with(sql::Durability::Relaxed).await?;
        sqlx::query(
            "update ticketkit_deliveries set lease_until = $3
             where subscription = $1 and state = 1 and worker = $2",
        )
        .bind(claimant.subscription)
        .bind(claimant.worker)
        .bind((self.database.now() + self.database.lease()).as_millis())
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }
}
