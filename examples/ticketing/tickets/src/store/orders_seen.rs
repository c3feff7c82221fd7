//! Which version of each order was acted upon.

use ticketing_contracts::OrderId;
use ticketkit_events::sql::Tx;

/// Notes a version; returns false if this one or a newer one was seen before.
pub(crate) async fn note(tx: &mut Tx, id: OrderId, version: i64) -> Result<bool, sqlx::Error> {
    let newer = sqlx::query(
        "insert into orders_seen (id, version)
         values ($1, $2)
         on conflict (id) do update
         set version = excluded.version
         where excluded.version > orders_seen.version",
    )
    .bind(id.to_string())
    .bind(version)
    .execute(tx.conn())
    .await?;
    Ok(newer.rows_affected() > 0)
}
