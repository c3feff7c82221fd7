use sqlx::Row;

use super::{Inner, ROUTES};
use crate::Timestamp;

impl Inner {
    /// Makes a subscription, or gives an existing one its present types.
    pub(super) async fn declare(
        &self,
        name: &str,
        types: &[String],
        expires_at: Option<Timestamp>,
    ) -> Result<(), sqlx::Error> {
        // Most starts change nothing; then nothing is written and synced.
        if expires_at.is_none() && self.is_declared(name, types).await? {
            return Ok(());
        }
        let mut tx = self.database.begin().await?;
        tx.lock(ROUTES).await?;
        sqlx::query(
            "insert into ticketkit_subscriptions (name, expires_at) values ($1, $2)
             on conflict (name) do update set expires_at = excluded.expires_at",
        )
        .bind(name)
        .bind(expires_at.map(Timestamp::as_millis))
        .execute(tx.conn())
        .await?;
        sqlx::query("delete from ticketkit_routes where subscription = $1")
            .bind(name)
            .execute(tx.conn())
            .await?;
        for kind in types {
            sqlx::query("insert into ticketkit_routes (kind, subscription) values ($1, $2)")
                .bind(kind.clone())
                .bind(name)
                .execute(tx.conn())
                .await?;
        }
        tx.commit().await
    }

    async fn is_declared(&self, name: &str, types: &[String]) -> Result<bool, sqlx::Error> {
        let rows = sqlx::query("select kind from ticketkit_routes where subscription = $1")
            .bind(name)
            .fetch_all(self.database.reader())
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            found.push(row.try_get::<String, _>("kind")?);
        }
        found.sort_unstable();
        let mut wanted = types.to_vec();
        wanted.sort_unstable();
        Ok(found == wanted)
    }

    /// Says that an instance's own subscription is alive; false if it was swept.
    pub(super) async fn keep_alive(
        &self,
        name: &str,
        expires_at: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let mut tx = self.database.begin_with(crate::sql::Durability::Relaxed).await?;
        let done =
            sqlx::query("update ticketkit_subscriptions set expires_at = $2 where name = $1")
                .bind(name)
                .bind(expires_at.as_millis())
                .execute(tx.conn())
                .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes a subscription with all that it has not handled; returns whether it was there.
    pub(super) async fn remove(&self, name: &str) -> Result<bool, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        tx.lock(ROUTES).await?;
        let mut found = 0;
        for statement in [
            "delete from ticketkit_routes where subscription = $1",
            "delete from ticketkit_deliveries where subscription = $1",
            "delete from ticketkit_subscriptions where name = $1",
        ] {
            found = sqlx::query(statement).bind(name).execute(tx.conn()).await?.rows_affected();
        }
        tx.commit().await?;
        self.wakeups().remove(name);
        Ok(found > 0)
    }
}
