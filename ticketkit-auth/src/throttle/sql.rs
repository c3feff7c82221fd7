use std::{net::IpAddr, time::Duration};

use sqlx::{Any, Executor, Row};
use ticketkit_core::error::RateLimited;
use ticketkit_events::sql::{Database, DatabaseError, Migration};

use super::{
    SignInThrottle, ThrottleError,
    bucket::{network, pair},
    shared::Answer,
};
use crate::Clock;

const MIGRATIONS: &[Migration] =
    &[Migration::new(1, "failed sign-ins", include_str!("schema.sql"))];

/// Counts failed sign-ins in the service's own database, on SQLite and PostgreSQL, so that several
/// instances count together and a restart forgets nothing. Cheap to clone.
///
/// The table is `ticketkit_failed_sign_ins`. Accounts are in it as hashes, addresses as themselves.
#[derive(Debug, Clone)]
pub struct SqlThrottle {
    database: Database,
    clock: Clock,
    /// How long a failure counts, in milliseconds.
    window: i64,
    per_account_and_address: i64,
    per_address: i64,
}

/// Under which names an attempt is counted.
struct Buckets {
    pair: String,
    address: String,
}

impl SqlThrottle {
    /// Makes a throttle with the limits of [`Throttle::new`](super::Throttle::new), and the table
    /// where it is missing. Several processes may do this at once.
    ///
    /// # Errors
    ///
    /// If the database cannot be migrated.
    pub async fn open(database: &Database, clock: Clock) -> Result<Self, DatabaseError> {
        database.migrate_own("_ticketkit_throttle_migrations", MIGRATIONS).await?;
        let throttle = Self {
            database: database.clone(),
            clock,
            window: 0,
            per_account_and_address: 0,
            per_address: 0,
        };
        Ok(throttle.limits(Duration::from_secs(300), 10, 100))
    }

    /// Sets other limits, of one and more failures.
    #[must_use]
    pub fn limits(
        mut self,
        window: Duration,
        per_account_and_address: u32,
        per_address: u32,
    ) -> Self {
        self.window = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        self.per_account_and_address = per_account_and_address.max(1).into();
        self.per_address = per_address.max(1).into();
        self
    }

    /// Removes failures that do not count any more: every few minutes, or the table grows.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn sweep(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.database.begin().await?;
        sqlx::query("delete from ticketkit_failed_sign_ins where at <= $1")
            .bind(self.begin_of_window())
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }

    async fn count(&self, buckets: &Buckets) -> Result<Result<(), RateLimited>, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        // So that no two count the same failure as the last one. In one order everywhere.
        tx.lock(&buckets.address).await?;
        tx.lock(&buckets.pair).await?;
        let judged = self.judge(tx.conn(), buckets).await?;
        if judged.is_ok() {
            sqlx::query(
                "insert into ticketkit_failed_sign_ins (bucket, at) values ($1, $3), ($2, $3)",
            )
            .bind(buckets.pair.as_str())
            .bind(buckets.address.as_str())
            .bind(self.clock.unix_millis())
            .execute(tx.conn())
            .await?;
        }
        tx.commit().await?;
        Ok(judged)
    }

    async fn judge(
        &self,
        conn: impl Executor<'_, Database = Any>,
        buckets: &Buckets,
    ) -> Result<Result<(), RateLimited>, sqlx::Error> {
        // Of each bucket, the failure that has to leave the window before there are fewer than the
        // limit; of both, the one that leaves last.
        let row = sqlx::query(
            "select at
             from (
                 select at from (
                     select at from ticketkit_failed_sign_ins
                     where bucket = $1 and at > $3
                     order by at desc
                     limit 1 offset $4
                 ) as of_pair
                 union all
                 select at from (
                     select at from ticketkit_failed_sign_ins
                     where bucket = $2 and at > $3
                     order by at desc
                     limit 1 offset $5
                 ) as of_address
             ) as limiting
             order by at desc
             limit 1",
        )
        .bind(buckets.pair.as_str())
        .bind(buckets.address.as_str())
        .bind(self.begin_of_window())
        .bind(self.per_account_and_address - 1)
        .bind(self.per_address - 1)
        .fetch_optional(conn)
        .await?;
        let Some(row) = row else { return Ok(Ok(())) };
        let leaves = row.try_get::<i64, _>("at")?.saturating_add(self.window);
        let millis = leaves.saturating_sub(self.clock.unix_millis()).max(1);
        Ok(Err(RateLimited { retry_after: millis.unsigned_abs().div_ceil(1000) }))
    }

    fn begin_of_window(&self) -> i64 {
        self.clock.unix_millis().saturating_sub(self.window)
    }
}

impl SignInThrottle for SqlThrottle {
    fn check<'a>(&'a self, account: &'a str, address: IpAddr) -> Answer<'a> {
        Box::pin(async move {
            let buckets = Buckets::of(account, address);
            let judged = self.judge(self.database.reader(), &buckets).await;
            Ok(judged.map_err(|error| ThrottleError::Count(error.into()))??)
        })
    }

    fn record_failure<'a>(&'a self, account: &'a str, address: IpAddr) -> Answer<'a> {
        Box::pin(async move {
            let counted = self.count(&Buckets::of(account, address)).await;
            Ok(counted.map_err(|error| ThrottleError::Count(error.into()))??)
        })
    }
}

impl Buckets {
    fn of(account: &str, address: IpAddr) -> Self {
        let pair = u128::from_be_bytes(pair(account, address));
        let network = network(address);
        Self { pair: format!("pair/{pair:032x}"), address: format!("address/{network:032x}") }
    }
}
