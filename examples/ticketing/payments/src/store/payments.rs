//! Attempts to pay.

use std::time::Duration;

use sqlx::{Any, Executor, Row, any::AnyRow};
use ticketing_contracts::{OrderId, PaymentId, Timestamp, payment::PaymentStatus};
use ticketkit_events::sql::Tx;

use super::column::{parsed, payment_status, read_payment_status, time};
use crate::domain::Attempt;

macro_rules! columns {
    () => {
        "id, version, order_id, user_id, amount, currency, status, token, provider_id, \
         client_secret, reason, refund_reason, created_at, check_at, checks"
    };
}

/// Records an attempt; `false` if the order has a live one.
pub(crate) async fn insert(
    tx: &mut Tx,
    attempt: &Attempt,
    provider: &'static str,
) -> Result<bool, sqlx::Error> {
    // `payments_live` decides between two that come at once.
    let insert = "insert into payments
                      (id, version, order_id, user_id, amount, currency, status, token, provider,
                       created_at, check_at, checks)
                  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)
                  on conflict do nothing
                  returning id";
    let row = sqlx::query(insert)
        .bind(attempt.id.to_string())
        .bind(attempt.version)
        .bind(attempt.order_id.to_string())
        .bind(attempt.user_id.clone())
        .bind(attempt.amount)
        .bind(attempt.currency.to_string())
        .bind(payment_status(attempt.status))
        .bind(attempt.token.clone())
        .bind(provider)
        .bind(attempt.created_at.as_millis())
        .bind(attempt.check_at.map(Timestamp::as_millis))
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.is_some())
}

/// Finds an attempt that is about to change: until the transaction ends, nobody else does.
pub(crate) async fn find_to_change(
    tx: &mut Tx,
    id: PaymentId,
) -> Result<Option<Attempt>, sqlx::Error> {
    tx.lock(&format!("payment/{id}")).await?;
    find(tx.conn(), id).await
}

/// Finds an attempt.
pub(crate) async fn find(
    executor: impl Executor<'_, Database = Any>,
    id: PaymentId,
) -> Result<Option<Attempt>, sqlx::Error> {
    let select = concat!("select ", columns!(), " from payments where id = $1");
    sqlx::query(select)
        .bind(id.to_string())
        .try_map(|row| attempt(&row))
        .fetch_optional(executor)
        .await
}

/// Tells whether the order has an attempt that succeeded and was not refunded.
pub(crate) async fn is_paid(tx: &mut Tx, order: OrderId) -> Result<bool, sqlx::Error> {
    let select = "select id from payments where order_id = $1 and status = 'succeeded'";
    let row = sqlx::query(select).bind(order.to_string()).fetch_optional(tx.conn()).await?;
    Ok(row.is_some())
}

/// What changes when a payment takes a step.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) status: PaymentStatus,
    /// Kept as it is where there is none.
    pub(crate) provider_id: Option<&'a str>,
    pub(crate) client_secret: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
    /// Kept as it is where there is one.
    pub(crate) refund_reason: Option<&'a str>,
    pub(crate) check_at: Option<Timestamp>,
}

/// Takes a step; `None` if somebody else has changed the payment since it was read.
pub(crate) async fn step(
    tx: &mut Tx,
    from: &Attempt,
    step: Step<'_>,
) -> Result<Option<Attempt>, sqlx::Error> {
    let update = concat!(
        "update payments set
             status = $3,
             version = version + 1,
             provider_id = coalesce($4, provider_id),
             client_secret = coalesce($5, client_secret),
             reason = coalesce($6, reason),
             refund_reason = coalesce(refund_reason, $7),
             check_at = $8,
             checks = 0
         where id = $1 and version = $2
         returning ",
        columns!()
    );
    sqlx::query(update)
        .bind(from.id.to_string())
        .bind(from.version)
        .bind(payment_status(step.status))
        .bind(step.provider_id.map(str::to_owned))
        .bind(step.client_secret.map(str::to_owned))
        .bind(step.reason.map(str::to_owned))
        .bind(step.refund_reason.map(str::to_owned))
        .bind(step.check_at.map(Timestamp::as_millis))
        .try_map(|row| attempt(&row))
        .fetch_optional(tx.conn())
        .await
}

/// Remembers that the money is to go back once it is there.
pub(crate) async fn remember_refund(
    tx: &mut Tx,
    id: PaymentId,
    reason: &str,
) -> Result<(), sqlx::Error> {
    let update = "update payments set refund_reason = coalesce(refund_reason, $2) where id = $1";
    let query = sqlx::query(update).bind(id.to_string()).bind(reason.to_owned());
    query.execute(tx.conn()).await.map(drop)
}

/// Has the provider asked about what waits for the buyer of an order.
pub(crate) async fn check_waiting(
    tx: &mut Tx,
    order: OrderId,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let update = "update payments set check_at = $2
                  where order_id = $1 and status = 'requires_action'";
    let query = sqlx::query(update).bind(order.to_string()).bind(at.as_millis());
    query.execute(tx.conn()).await.map(drop)
}

/// Has the provider asked about an attempt.
pub(crate) async fn check(tx: &mut Tx, id: PaymentId, at: Timestamp) -> Result<(), sqlx::Error> {
    let update = "update payments set check_at = $2 where id = $1 and check_at is not null";
    let query = sqlx::query(update).bind(id.to_string()).bind(at.as_millis());
    query.execute(tx.conn()).await.map(drop)
}

/// Lists what the provider is to be asked about by now.
pub(crate) async fn in_doubt(
    executor: impl Executor<'_, Database = Any>,
    provider: &'static str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Attempt>, sqlx::Error> {
    // One that another provider charges waits until that one is configured again.
    let select = concat!(
        "select ",
        columns!(),
        " from payments where check_at <= $1 and provider = $3 order by check_at limit 0 + $2"
    );
    let query = sqlx::query(select).bind(now.as_millis()).bind(limit).bind(provider);
    query.try_map(|row| attempt(&row)).fetch_all(executor).await
}

/// Takes an attempt in doubt in hand until a pause is over; `false` if somebody else has.
pub(crate) async fn claim(
    tx: &mut Tx,
    attempt: &Attempt,
    now: Timestamp,
    pause: Duration,
) -> Result<bool, sqlx::Error> {
    // A crash in between leaves it for the next round.
    let update = "update payments set check_at = $4, checks = checks + 1
                  where id = $1 and version = $2 and check_at = $3
                  returning id";
    let row = sqlx::query(update)
        .bind(attempt.id.to_string())
        .bind(attempt.version)
        .bind(attempt.check_at.map(Timestamp::as_millis))
        .bind((now + pause).as_millis())
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.is_some())
}

/// Lists the attempts of a user, newest first.
pub(crate) async fn list(
    executor: impl Executor<'_, Database = Any>,
    user: &str,
    order: Option<OrderId>,
    after: Option<PaymentId>,
    limit: u32,
) -> Result<Vec<Attempt>, sqlx::Error> {
    let select = concat!(
        "select ",
        columns!(),
        " from payments
          where user_id = $1
            and ($2 = '' or order_id = $2)
            and ($3 = '' or id < $3)
          order by id desc limit 0 + $4"
    );
    sqlx::query(select)
        .bind(user.to_owned())
        .bind(order.map(|id| id.to_string()).unwrap_or_default())
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(i64::from(limit))
        .try_map(|row| attempt(&row))
        .fetch_all(executor)
        .await
}

fn attempt(row: &AnyRow) -> Result<Attempt, sqlx::Error> {
    Ok(Attempt {
        id: parsed(row, "id")?,
        version: row.try_get("version")?,
        order_id: parsed(row, "order_id")?,
        user_id: row.try_get("user_id")?,
        amount: row.try_get("amount")?,
        currency: parsed(row, "currency")?,
        status: read_payment_status(row)?,
        token: row.try_get("token")?,
        provider_id: row.try_get("provider_id")?,
        client_secret: row.try_get("client_secret")?,
        reason: row.try_get("reason")?,
        refund_reason: row.try_get("refund_reason")?,
        created_at: time(row, "created_at")?,
        check_at: row.try_get::<Option<i64>, _>("check_at")?.map(Timestamp::from_millis),
        checks: row.try_get("checks")?,
    })
}
