//! The leases of relays, as rows.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Row};

use super::{
    PARTITIONS, Turn,
    held::Held,
    share::{Owned, Plan},
};
use crate::{
    partition::partition,
    sql::{Database, Durability, Tx, list},
};

/// Relays decide one after the other.
const RELAYS: &str = "ticketkit/relays";
const ASSIGNED_AT_ONCE: i64 = 1000;

/// What came of a look at the leases.
pub(super) struct Kept {
    /// Whether the relay holds others than before.
    pub(super) news: bool,
    /// Whether there is more to take or to give up soon.
    pub(super) unsettled: bool,
}

impl Database {
    /// Returns how long a relay publishes without having renewed its lease: others take what it
    /// holds a third of the lease later.
    pub(super) fn trust(&self) -> Duration {
        self.relay_lease() * 2 / 3
    }

    /// Renews the leases of a relay, and takes or gives up partitions until it has its share.
    pub(super) async fn keep_leases(&self, relay: &str, held: &Held) -> Result<Kept, sqlx::Error> {
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        tx.lock(RELAYS).await?;
        // From here on: what was spent in the queue of writers is no part of the lease.
        let (now, trusted_until) = (self.now(), Instant::now() + self.trust());
        let until = now + self.relay_lease();
        // One that lasts longer was given before the clock was set back.
        let longest = now + self.relay_lease() * 2;
        sqlx::query(
            "insert into ticketkit_relays (id, expires_at) values ($1, $2)
             on conflict (id) do update set expires_at = excluded.expires_at",
        )
        .bind(relay)
        .bind(until.as_millis())
        .execute(tx.conn())
        .await?;
        sqlx::query("delete from ticketkit_relays where expires_at <= $1 or expires_at > $2")
            .bind(now.as_millis())
            .bind(longest.as_millis())
            .execute(tx.conn())
            .await?;
        sqlx::query("update ticketkit_relay_partitions set expires_at = $2 where relay = $1")
            .bind(relay)
            .bind(until.as_millis())
            .execute(tx.conn())
            .await?;
        let is_over = |at: i64| at <= now.as_millis() || at > longest.as_millis();
        let plan = Plan::new(relay, &relays(&mut tx).await?, &owned(&mut tx, is_over).await?);
        if !plan.take.is_empty() {
            // A worker of the one before may just have renewed its lease.
            let take = format!(
                "update ticketkit_relay_partitions
                 set relay = $1, expires_at = $2, fence = fence + 1
                 where partition in ({})
                   and (relay is null or expires_at <= $3 or expires_at > $4)",
                numbers(&plan.take)
            );
            sqlx::query(AssertSqlSafe(take))
                .bind(relay)
                .bind(until.as_millis())
                .bind(now.as_millis())
                .bind(longest.as_millis())
                .execute(tx.conn())
                .await?;
        }
        let spare = held.spare(plan.surplus);
        if !spare.is_empty() {
            let give_up = format!(
                "update ticketkit_relay_partitions set relay = null, expires_at = 0
                 where relay = $1 and partition in ({})",
                numbers(&spare)
            );
            sqlx::query(AssertSqlSafe(give_up)).bind(relay).execute(tx.conn()).await?;
        }
        let turns = turns(&mut tx, relay).await?;
        tx.commit().await?;
        let news = held.replace(&turns, trusted_until);
        if !spare.is_empty() {
            self.wake().committed();
        }
        Ok(Kept { news, unsettled: plan.lacking > 0 || spare.len() < plan.surplus })
    }

    /// Gives up all that a relay holds, and wakes the others.
    pub(super) async fn leave_relays(&self, relay: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        for statement in [
            "update ticketkit_relay_partitions set relay = null, expires_at = 0 where relay = $1",
            "delete from ticketkit_relays where id = $1",
        ] {
            sqlx::query(statement).bind(relay).execute(tx.conn()).await?;
        }
        tx.commit().await?;
        self.wake().committed();
        Ok(())
    }

    /// Renews leases in the transaction that settles the rows of their partitions; returns those
    /// that were renewed: another has the rest.
    pub(in crate::sql) async fn renew_leases(
        &self,
        tx: &mut Tx,
        relay: &str,
        turns: &[Turn],
    ) -> Result<Vec<u8>, sqlx::Error> {
        let fences: Vec<String> =
            (0..turns.len()).map(|n| format!("(${}, ${})", 3 + 2 * n, 4 + 2 * n)).collect();
        // Placeholders.
        let renew = format!(
            "update ticketkit_relay_partitions set expires_at = $2
             where relay = $1 and (partition, fence) in (values {}) returning partition",
            fences.join(", ")
        );
        let mut query = sqlx::query_scalar(AssertSqlSafe(renew))
            .bind(relay)
            .bind((self.now() + self.relay_lease()).as_millis());
        for turn in turns {
            query = query.bind(i64::from(turn.partition)).bind(turn.fence);
        }
        query.fetch_all(tx.conn()).await?.into_iter().map(number).collect()
    }

    /// Gives partitions to rows of versions that knew none; returns whether there may be more.
    pub(in crate::sql) async fn assign_partitions(&self) -> Result<bool, sqlx::Error> {
        let (unassigned, assignment) =
            (self.dialect().of_no_partition(), self.dialect().assignment());
        let select = format!(
            "select seq, event_key from ticketkit_outbox where {unassigned} order by seq limit 0 + $1"
        );
        let rows = sqlx::query(AssertSqlSafe(select))
            .bind(ASSIGNED_AT_ONCE)
            .fetch_all(self.reader())
            .await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let mut of = vec![Vec::new(); usize::from(PARTITIONS)];
        for row in &rows {
            let key: String = row.try_get("event_key")?;
            of[usize::from(partition(&key, PARTITIONS))].push(row.try_get("seq")?);
        }
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        for (partition, seqs) in (0_i64..).zip(&of).filter(|(_, seqs)| !seqs.is_empty()) {
            // Another relay may have been first, and the number be that of another row by now.
            let assign = format!(
                "update ticketkit_outbox set {assignment} where {unassigned} and seq in ({})",
                list(seqs)
            );
            sqlx::query(AssertSqlSafe(assign))
                .persistent(false)
                .bind(partition)
                .execute(tx.conn())
                .await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

async fn relays(tx: &mut Tx) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query("select id from ticketkit_relays").fetch_all(tx.conn()).await?;
    rows.iter().map(|row| row.try_get("id")).collect()
}

async fn owned(tx: &mut Tx, is_over: impl Fn(i64) -> bool) -> Result<Vec<Owned>, sqlx::Error> {
    let rows = sqlx::query(
        "select partition, relay, expires_at from ticketkit_relay_partitions order by partition",
    )
    .fetch_all(tx.conn())
    .await?;
    rows.iter()
        .map(|row| {
            let over = is_over(row.try_get("expires_at")?);
            Ok(Owned {
                partition: number(row.try_get("partition")?)?,
                by: row.try_get("relay")?,
                over,
            })
        })
        .collect()
}

async fn turns(tx: &mut Tx, relay: &str) -> Result<Vec<Turn>, sqlx::Error> {
    let rows =
        sqlx::query("select partition, fence from ticketkit_relay_partitions where relay = $1")
            .bind(relay)
            .fetch_all(tx.conn())
            .await?;
    rows.iter()
        .map(|row| {
            Ok(Turn { partition: number(row.try_get("partition")?)?, fence: row.try_get("fence")? })
        })
        .collect()
}

/// Reads the number of a partition.
pub(super) fn number(partition: i64) -> Result<u8, sqlx::Error> {
    u8::try_from(partition).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn numbers(partitions: &[u8]) -> String {
    list(&partitions.iter().map(|&partition| i64::from(partition)).collect::<Vec<_>>())
}
