//! Which payments were asked to be given back.

use ticketing_contracts::{OrderId, PaymentId, Timestamp};
use ticketkit_events::sql::Tx;

/// Notes a payment; returns false if it was noted before. The primary key decides.
pub(crate) async fn note(
    tx: &mut Tx,
    payment: PaymentId,
    order: OrderId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let first = sqlx::query(
        "insert into refunds (payment_id, order_id, reason, noted_at)
         values ($1, $2, $3, $4)
         on conflict (payment_id) do nothing",
    )
    .bind(payment.to_string())
    .bind(order.to_string())
    .bind(reason.to_owned())
    .bind(now.as_millis())
    .execute(tx.conn())
    .await?;
    Ok(first.rows_affected() > 0)
}

/// Forgets what was noted before a time.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query("delete from refunds where noted_at > 0 and noted_at < $1")
        .bind(before.as_millis())
        .execute(tx.conn())
        .await?;
    Ok(())
}
