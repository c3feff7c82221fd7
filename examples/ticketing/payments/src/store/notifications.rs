//! Webhooks that were processed.

use ticketing_contracts::Timestamp;
use ticketkit_events::sql::Tx;

/// Notes a webhook; `false` if it was processed before.
pub(crate) async fn insert(
    tx: &mut Tx,
    provider: &'static str,
    event: &str,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let insert = "insert into notifications (provider, event_id, received_at)
                  values ($1, $2, $3)
                  on conflict (provider, event_id) do nothing
                  returning event_id";
    let row = sqlx::query(insert)
        .bind(provider)
        .bind(event.to_owned())
        .bind(now.as_millis())
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.is_some())
}

/// Forgets the webhooks that came before a time.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), sqlx::Error> {
    let delete = "delete from notifications where received_at < $1";
    sqlx::query(delete).bind(before.as_millis()).execute(tx.conn()).await.map(drop)
}
