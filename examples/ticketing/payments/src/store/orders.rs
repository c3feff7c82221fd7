//! The replica of orders.

use sqlx::{Any, Executor, Row};
use ticketing_contracts::OrderId;
use ticketkit_events::sql::Tx;

use super::column::{order_status, parsed, read_order_status, time};
use crate::domain::KnownOrder;

/// Takes over the state of an order if it is newer than what is known.
pub(crate) async fn take_over(tx: &mut Tx, order: &KnownOrder) -> Result<(), sqlx::Error> {
    let upsert = "insert into orders
                      (id, version, user_id, status, amount, currency, expires_at)
                  values ($1, $2, $3, $4, $5, $6, $7)
                  on conflict (id) do update set
                      version = excluded.version,
                      user_id = excluded.user_id,
                      status = excluded.status,
                      amount = excluded.amount,
                      currency = excluded.currency,
                      expires_at = excluded.expires_at
                  where orders.version < excluded.version";
    sqlx::query(upsert)
        .bind(order.id.to_string())
        .bind(order.version)
        .bind(order.user_id.clone())
        .bind(order_status(order.status))
        .bind(order.amount)
        .bind(order.currency.to_string())
        .bind(order.expires_at.as_millis())
        .execute(tx.conn())
        .await
        .map(drop)
}

/// Finds an order.
pub(crate) async fn find(
    executor: impl Executor<'_, Database = Any>,
    id: OrderId,
) -> Result<Option<KnownOrder>, sqlx::Error> {
    let select = "select id, version, user_id, status, amount, currency, expires_at
                  from orders where id = $1";
    let row = sqlx::query(select).bind(id.to_string()).fetch_optional(executor).await?;
    row.map(|row| {
        Ok(KnownOrder {
            id: parsed(&row, "id")?,
            version: row.try_get("version")?,
            user_id: row.try_get("user_id")?,
            status: read_order_status(&row)?,
            amount: row.try_get("amount")?,
            currency: parsed(&row, "currency")?,
            expires_at: time(&row, "expires_at")?,
        })
    })
    .transpose()
}
