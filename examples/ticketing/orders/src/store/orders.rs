//! The table of orders.

use sqlx::{Any, AssertSqlSafe, Executor, Row, any::AnyRow};
use ticketing_contracts::{OrderId, TicketId, Timestamp, UserId, order::OrderedTicket};
use ticketkit_core::axum::{Page, Paging};
use ticketkit_events::sql::{Database, Tx};

use super::{parsed, parsed_option, rows, undecodable};
use crate::domain::{Order, State};

macro_rules! columns {
    () => {
        "id, version, user_id, seller_id, status, reason, payment_id, expires_at, \
         ticket_id, ticket_version, title, price, currency"
    };
}

/// Above every id: where a list begins.
const NEWEST: &str = "~";

/// Finds an order.
pub(crate) async fn find(
    on: impl Executor<'_, Database = Any>,
    id: OrderId,
) -> Result<Option<Order>, sqlx::Error> {
    sqlx::query(concat!("select ", columns!(), " from orders where id = $1"))
        .bind(id.to_string())
        .fetch_optional(on)
        .await?
        .as_ref()
        .map(order)
        .transpose()
}

/// Finds an order that is about to change: until the transaction ends, nobody else does.
pub(crate) async fn find_to_change(tx: &mut Tx, id: OrderId) -> Result<Option<Order>, sqlx::Error> {
    tx.lock(&format!("order/{id}")).await?;
    find(tx.conn(), id).await
}

/// Reads a page of a buyer's own orders, newest first.
pub(crate) async fn of_buyer(
    database: &Database,
    buyer: UserId,
    paging: &Paging<OrderId>,
) -> Result<Page<Order>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from orders
          where user_id = $1 and id < $2
          order by id desc
          limit 0 + $3"
    ))
    .bind(buyer.to_string())
    .bind(paging.after.map_or_else(|| NEWEST.to_owned(), |id| id.to_string()))
    .bind(i64::from(paging.limit) + 1)
    .fetch_all(database.reader())
    .await?;
    let orders = rows.iter().map(order).collect::<Result<_, _>>()?;
    Ok(Page::new(orders, paging.limit, |order: &Order| order.id.to_string()))
}

/// Finds the order that has a ticket, or may get it.
pub(crate) async fn active_of(tx: &mut Tx, ticket: TicketId) -> Result<Option<Order>, sqlx::Error> {
    sqlx::query(concat!(
        "select ",
        columns!(),
        " from orders
          where ticket_id = $1 and status in ('created', 'awaiting_payment', 'complete')"
    ))
    .bind(ticket.to_string())
    .fetch_optional(tx.conn())
    .await?
    .as_ref()
    .map(order)
    .transpose()
}

/// Reads a buyer's open orders.
pub(crate) async fn open_of_buyer(tx: &mut Tx, buyer: UserId) -> Result<Vec<Order>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from orders
          where user_id = $1 and status in ('created', 'awaiting_payment')
          order by id"
    ))
    .bind(buyer.to_string())
    .fetch_all(tx.conn())
    .await?;
    rows.iter().map(order).collect()
}

/// Reads the open orders of a seller's tickets.
pub(crate) async fn open_of_seller(tx: &mut Tx, seller: UserId) -> Result<Vec<Order>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from orders
          where seller_id = $1 and status in ('created', 'awaiting_payment')
          order by id"
    ))
    .bind(seller.to_string())
    .fetch_all(tx.conn())
    .await?;
    rows.iter().map(order).collect()
}

/// Reads which open orders' holds were over by then, the oldest first.
pub(crate) async fn overdue(
    database: &Database,
    by: Timestamp,
    limit: usize,
) -> Result<Vec<OrderId>, sqlx::Error> {
    let rows = sqlx::query(
        "select id from orders
         where status in ('created', 'awaiting_payment') and expires_at <= $1
         order by expires_at
         limit 0 + $2",
    )
    .bind(by.as_millis())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(database.reader())
    .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Writes new orders; returns which of them have their tickets. The others are not written, for
/// another order has the ticket, or may get it.
///
/// Nothing is looked up before: the unique index `orders_active_by_ticket` decides the race. Where
/// transactions do that at the same time, each must have its orders sorted by their tickets: one that
/// meets an order of another waits until that one is over.
pub(crate) async fn insert_all(
    tx: &mut Tx,
    orders: &[&Order],
) -> Result<Vec<OrderId>, sqlx::Error> {
    let statement = format!(
        "insert into orders
             (id, version, user_id, seller_id, status, expires_at,
              ticket_id, ticket_version, title, price, currency)
         values {}
         on conflict do nothing
         returning id",
        rows(orders.len(), 11)
    );
    // Placeholders alone are put in.
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for order in orders {
        query = query
            .bind(order.id.to_string())
            .bind(order.version)
            .bind(order.buyer.to_string())
            .bind(order.seller.to_string())
            .bind(status(order))
            .bind(order.expires_at.as_millis())
            .bind(order.ticket.id.to_string())
            .bind(order.ticket.version)
            .bind(order.ticket.title.clone())
            .bind(order.ticket.price)
            .bind(order.ticket.currency.to_string());
    }
    let written = query.fetch_all(tx.conn()).await?;
    written.iter().map(|row| parsed(row, "id")).collect()
}

/// Writes the next version of an order; fails if that is not the next one.
///
/// The condition is the lock: of two transactions that read the same version, one finds no row.
pub(crate) async fn update(tx: &mut Tx, order: &Order) -> Result<(), sqlx::Error> {
    let done = sqlx::query(
        "update orders
         set version = $2, status = $3, reason = $4, payment_id = $5
         where id = $1 and version = $2 - 1",
    )
    .bind(order.id.to_string())
    .bind(order.version)
    .bind(status(order))
    .bind(order.reason().map(str::to_owned))
    .bind(order.payment().map(|payment| payment.to_string()))
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

pub(super) const fn status(order: &Order) -> &'static str {
    match order.state {
        State::Created => "created",
        State::AwaitingPayment => "awaiting_payment",
        State::Complete { .. } => "complete",
        State::Cancelled { .. } => "cancelled",
        State::Expired => "expired",
        State::Refunded { .. } => "refunded",
    }
}

fn order(row: &AnyRow) -> Result<Order, sqlx::Error> {
    let reason: Option<String> = row.try_get("reason")?;
    let status: String = row.try_get("status")?;
    let state = match (status.as_str(), parsed_option(row, "payment_id")?) {
        ("created", _) => State::Created,
        ("awaiting_payment", _) => State::AwaitingPayment,
        ("complete", Some(payment)) => State::Complete { payment },
        ("cancelled", _) => State::Cancelled { reason: reason.unwrap_or_default() },
        ("expired", _) => State::Expired,
        ("refunded", Some(payment)) => State::Refunded { payment },
        (other, payment) => {
            return Err(undecodable("status", format!("{other:?} with {payment:?}")));
        }
    };
    Ok(Order {
        id: parsed(row, "id")?,
        version: row.try_get("version")?,
        buyer: parsed(row, "user_id")?,
        seller: parsed(row, "seller_id")?,
        ticket: OrderedTicket {
            id: parsed(row, "ticket_id")?,
            version: row.try_get("ticket_version")?,
            title: row.try_get("title")?,
            price: row.try_get("price")?,
            currency: parsed(row, "currency")?,
        },
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
        state,
    })
}
