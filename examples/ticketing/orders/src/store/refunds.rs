//! Which payments were asked to be given back.

use ticketing_contracts::{OrderId, PaymentId};
use ticketkit_events::sql::Tx;

/// Notes a payment; returns false if it was noted before. The primary key decides.
pub(crate) async fn note(
    tx: &mut Tx,
    payment: PaymentId,
    order: OrderId,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    let first = sqlx::query(
        "insert into refunds (payment_id, order_id, reason)
         values ($1, $2, $3)
         on conflict (payment_id) do nothing",
    )
    .bind(payment.to_string())
    .bind(order.to_string())
    .bind(reason.to_owned())
    .execute(tx.conn())
    .await?;
    Ok(first.rows_affected() > 0)
}
