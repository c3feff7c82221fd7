//! Which version of each order was acted upon.

use ticketing_contracts::{OrderId, Timestamp};
use ticketkit_events::sql::Tx;

/// Notes a version; returns false if this one or a newer one was seen before.
pub(crate) async fn note(
    tx: &mut Tx,
    id: OrderId,
    version: i64,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let newer = sqlx::query(
        "insert into orders_seen (id, version, noted_at)
         values ($1, $2, $3)
         on conflict (id) do update
         set version = excluded.version, noted_at = excluded.noted_at
         where excluded.version > orders_seen.version",
    )
    .bind(id.to_string())
    .bind(version)
    .bind(now.as_millis())
    .execute(tx.conn())
    .await?;
    Ok(newer.rows_affected() > 0)
}

/// Forgets what was noted before a time.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query("delete from orders_seen where noted_at > 0 and noted_at < $1")
        .bind(before.as_millis())
        .execute(tx.conn())
        .await?;
    Ok(())
}
