use std::collections::BTreeMap;

use sqlx::{Connection, Row};

use super::{Inner, ROUTES};
use crate::{
    Timestamp,
    engine::Replay,
    sql::{Tx, address::Address, drift},
};

impl Inner {
    /// Makes a subscription, or gives an existing one its present types.
    pub(super) async fn declare(
        &self,
        name: &str,
        types: &[String],
        expires_at: Option<Timestamp>,
        replay: Option<Replay>,
    ) -> Result<(), sqlx::Error> {
        // Most starts change nothing; then nothing is written and synced.
        if expires_at.is_none() && self.is_declared(name, types).await? {
            return Ok(());
        }
        let mut tx = self.database.begin().await?;
        // Nobody publishes meanwhile: what is there is replayed, and what comes later is delivered.
        tx.lock(ROUTES).await?;
        let known = sqlx::query("select name from ticketkit_subscriptions where name = $1")
            .bind(name)
            .fetch_optional(tx.conn())
            .await?
            .is_some();
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
        if let (Some(replay), false) = (replay, known) {
            deliver_again(&mut tx, name, replay).await?;
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

/// Reads the durable subscriptions with their types.
pub(super) async fn read(
    address: &Address,
) -> Result<Option<BTreeMap<String, Vec<String>>>, sqlx::Error> {
    let Some(mut connection) = drift::look(address).await? else { return Ok(None) };
    if !drift::has_table(&mut connection, address.dialect, "ticketkit_subscriptions").await? {
        return Ok(None);
    }
    let rows = sqlx::query(
        "select s.name, r.kind
         from ticketkit_subscriptions s left join ticketkit_routes r on r.subscription = s.name
         where s.expires_at is null",
    )
    .fetch_all(&mut connection)
    .await?;
    connection.close().await?;
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for row in &rows {
        let types = found.entry(row.try_get("name")?).or_default();
        types.extend(row.try_get::<Option<String>, _>("kind")?);
    }
    // Here, since the order of a server is that of its language.
    found.values_mut().for_each(|types| types.sort_unstable());
    Ok(Some(found))
}

/// Makes a delivery to a subscription of each event of its types that is kept.
async fn deliver_again(tx: &mut Tx, name: &str, replay: Replay) -> Result<(), sqlx::Error> {
    let since = match replay {
        Replay::FromStart => i64::MIN,
        Replay::Since(at) => at.as_millis(),
    };
    sqlx::query(
        "insert into ticketkit_deliveries (subscription, seq, event_key, published_at)
         select r.subscription, e.seq, e.event_key, e.published_at
         from ticketkit_events e join ticketkit_routes r on r.kind = e.kind
         where r.subscription = $1 and e.published_at >= $2",
    )
    .bind(name)
    .bind(since)
    .execute(tx.conn())
    .await?;
    Ok(())
}
