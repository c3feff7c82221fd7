//! Idempotency keys, and what was answered.

use sqlx::Row;
use ticketing_contracts::{OrderId, PaymentId, Timestamp};
use ticketkit_events::sql::Tx;

use super::column::parsed;
use crate::domain::{Answer, Attempt, IdempotencyKey};

/// What a key was used for.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) order_id: OrderId,
    pub(crate) token: String,
    pub(crate) payment_id: PaymentId,
    /// Nothing while the attempt is under way, and after a crash.
    pub(crate) answer: Option<Answer>,
}

/// Finds what a user has used a key for.
pub(crate) async fn find(
    tx: &mut Tx,
    user: &str,
    key: &IdempotencyKey,
) -> Result<Option<Use>, sqlx::Error> {
    let select = "select order_id, token, payment_id, status, body
                  from idempotency_keys where user_id = $1 and key = $2";
    let query = sqlx::query(select).bind(user.to_owned()).bind(key.as_str().to_owned());
    let row = query.fetch_optional(tx.conn()).await?;
    row.map(|row| {
        let (status, body): (Option<i64>, Option<String>) =
            (row.try_get("status")?, row.try_get("body")?);
        Ok(Use {
            order_id: parsed(&row, "order_id")?,
            token: row.try_get("token")?,
            payment_id: parsed(&row, "payment_id")?,
            answer: status.map(|status| Answer::from_columns(status, body.unwrap_or_default())),
        })
    })
    .transpose()
}

/// Records what a key is used for; `false` if it was used at this moment.
pub(crate) async fn insert(
    tx: &mut Tx,
    key: &IdempotencyKey,
    attempt: &Attempt,
) -> Result<bool, sqlx::Error> {
    let insert = "insert into idempotency_keys
                      (user_id, key, order_id, token, payment_id, created_at)
                  values ($1, $2, $3, $4, $5, $6)
                  on conflict (user_id, key) do nothing
                  returning key";
    let row = sqlx::query(insert)
        .bind(attempt.user_id.clone())
        .bind(key.as_str().to_owned())
        .bind(attempt.order_id.to_string())
        .bind(attempt.token.clone())
        .bind(attempt.id.to_string())
        .bind(attempt.created_at.as_millis())
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.is_some())
}

/// Records what was answered; the first answer stays.
pub(crate) async fn answered(
    tx: &mut Tx,
    user: &str,
    key: &IdempotencyKey,
    answer: &Answer,
) -> Result<(), sqlx::Error> {
    let update = "update idempotency_keys set status = $3, body = $4
                  where user_id = $1 and key = $2 and status is null";
    let (status, body) = answer.columns();
    sqlx::query(update)
        .bind(user.to_owned())
        .bind(key.as_str().to_owned())
        .bind(status)
        .bind(body.to_owned())
        .execute(tx.conn())
        .await
        .map(drop)
}

/// Forgets the keys that were used before a time.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), sqlx::Error> {
    let delete = "delete from idempotency_keys where created_at < $1";
    sqlx::query(delete).bind(before.as_millis()).execute(tx.conn()).await.map(drop)
}
