//! What happened to each order.

use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use ticketing_contracts::{OrderId, PaymentId, Timestamp, UserId};
use ticketkit_events::sql::{Database, Tx};
use uuid::Uuid;

use super::{orders::status, parsed_option, rows};
use crate::domain::{Order, Reason};

/// A line of the history of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    /// The status that the order took, or `refund_requested`.
    pub(crate) kind: String,
    /// The version that the order then had.
    pub(crate) version: i64,
    pub(crate) reason: Option<String>,
    pub(crate) payment: Option<PaymentId>,
    /// Who did it, where somebody did.
    pub(crate) actor: Option<UserId>,
}

impl Entry {
    /// Makes the line of a change.
    pub(crate) fn of(order: &Order, at: Timestamp) -> Self {
        let reason = order.reason().map(str::to_owned);
        let own = order.version == 1 || reason.as_deref() == Some(Reason::Buyer.as_str());
        Self {
            at,
            kind: status(order).to_owned(),
            version: order.version,
            reason,
            payment: order.payment(),
            actor: own.then_some(order.buyer),
        }
    }
}

/// Writes a line, in the transaction of what it tells of.
pub(crate) async fn insert(tx: &mut Tx, order: OrderId, entry: Entry) -> Result<(), sqlx::Error> {
    insert_all(tx, &[(order, entry)]).await
}

/// Writes a line of each of several orders.
pub(crate) async fn insert_all(
    tx: &mut Tx,
    entries: &[(OrderId, Entry)],
) -> Result<(), sqlx::Error> {
    let statement = format!(
        "insert into order_history
             (id, order_id, version, at, kind, reason, payment_id, actor_id)
         values {}",
        rows(entries.len(), 8)
    );
    // Placeholders alone are put in.
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for (order, entry) in entries {
        query = query
            .bind(Uuid::now_v7().to_string())
            .bind(order.to_string())
            .bind(entry.version)
            .bind(entry.at.as_millis())
            .bind(entry.kind.clone())
            .bind(entry.reason.clone())
            .bind(entry.payment.map(|payment| payment.to_string()))
            .bind(entry.actor.map(|actor| actor.to_string()));
    }
    query.execute(tx.conn()).await.map(drop)
}

/// Reads the history of an order, oldest first. It has a line for each of its few steps.
pub(crate) async fn of(database: &Database, order: OrderId) -> Result<Vec<Entry>, sqlx::Error> {
    let rows = sqlx::query(
        "select version, at, kind, reason, payment_id, actor_id
         from order_history where order_id = $1
         order by version, at, id
         limit 1000",
    )
    .bind(order.to_string())
    .fetch_all(database.reader())
    .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &AnyRow) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        at: Timestamp::from_millis(row.try_get("at")?),
        kind: row.try_get("kind")?,
        version: row.try_get("version")?,
        reason: row.try_get("reason")?,
        payment: parsed_option(row, "payment_id")?,
        actor: parsed_option(row, "actor_id")?,
    })
}
