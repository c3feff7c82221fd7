//! The table of tickets.

use sqlx::{Any, Executor, Row, any::AnyRow};
use ticketing_contracts::{TicketId, UserId};
use ticketkit_core::axum::{Page, Paging};
use ticketkit_events::sql::{Database, Tx};

use super::{parsed, parsed_option, undecodable};
use crate::domain::{Hold, Price, Search, State, Terms, Ticket, Title, folded};

macro_rules! columns {
    () => {
        "id, version, title, price, currency, user_id, status, order_id, buyer_id, \
         terms_version, withdraw_on_release"
    };
}

/// Above every id: where a list begins.
const NEWEST: &str = "~";

/// Finds a ticket.
pub(crate) async fn find(
    on: impl Executor<'_, Database = Any>,
    id: TicketId,
) -> Result<Option<Ticket>, sqlx::Error> {
    sqlx::query(concat!("select ", columns!(), " from tickets where id = $1"))
        .bind(id.to_string())
        .fetch_optional(on)
        .await?
        .as_ref()
        .map(ticket)
        .transpose()
}

/// Finds a ticket that is about to change: until the transaction ends, nobody else does.
pub(crate) async fn find_to_change(
    tx: &mut Tx,
    id: TicketId,
) -> Result<Option<Ticket>, sqlx::Error> {
    tx.lock(&format!("ticket/{id}")).await?;
    find(tx.conn(), id).await
}

/// Reads a page of what is for sale, newest first.
pub(crate) async fn on_sale(
    database: &Database,
    search: &Search,
    paging: &Paging<TicketId>,
) -> Result<Page<Ticket>, sqlx::Error> {
    // An empty text before the pattern: SQLite plans anew for each value of a pattern alone.
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        r" from tickets
           where status = 'available' and id < $1 and folded_title like '' || $2 escape '\'
           order by id desc
           limit 0 + $3"
    ))
    .bind(start(paging))
    .bind(search.pattern())
    .bind(i64::from(paging.limit) + 1)
    .fetch_all(database.reader())
    .await?;
    page(&rows, paging)
}

/// Reads a page of a seller's own tickets in every state, newest first.
pub(crate) async fn of_seller(
    database: &Database,
    seller: UserId,
    paging: &Paging<TicketId>,
) -> Result<Page<Ticket>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from tickets
          where user_id = $1 and id < $2
          order by id desc
          limit 0 + $3"
    ))
    .bind(seller.to_string())
    .bind(start(paging))
    .bind(i64::from(paging.limit) + 1)
    .fetch_all(database.reader())
    .await?;
    page(&rows, paging)
}

/// Reads the tickets of a seller that are for sale.
pub(crate) async fn available_of(tx: &mut Tx, seller: UserId) -> Result<Vec<Ticket>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from tickets where user_id = $1 and status = 'available' order by id"
    ))
    .bind(seller.to_string())
    .fetch_all(tx.conn())
    .await?;
    rows.iter().map(ticket).collect()
}

/// Has the reserved tickets of a seller withdrawn when they are released.
///
/// Nothing public changes, so there is no new version.
pub(crate) async fn withdraw_on_release(tx: &mut Tx, seller: UserId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update tickets set withdraw_on_release = 1 where user_id = $1 and status = 'reserved'",
    )
    .bind(seller.to_string())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a new ticket.
pub(crate) async fn insert(tx: &mut Tx, ticket: &Ticket) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into tickets
             (id, version, title, folded_title, price, currency, user_id, status, terms_version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(ticket.id.to_string())
    .bind(ticket.version)
    .bind(ticket.terms.title.as_str().to_owned())
    .bind(folded(ticket.terms.title.as_str()))
    .bind(ticket.terms.price.as_minor_units())
    .bind(ticket.terms.currency.to_string())
    .bind(ticket.seller.to_string())
    .bind(status(ticket))
    .bind(ticket.terms_version)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes the next version of a ticket; fails if that is not the next one.
///
/// The condition is the lock: of two transactions that read the same version, one finds no row.
pub(crate) async fn update(tx: &mut Tx, ticket: &Ticket) -> Result<(), sqlx::Error> {
    let hold = ticket.hold();
    let done = sqlx::query(
        "update tickets
         set version = $2, title = $3, folded_title = $4, price = $5, status = $6, order_id = $7,
             buyer_id = $8, terms_version = $9, withdraw_on_release = $10
         where id = $1 and version = $2 - 1",
    )
    .bind(ticket.id.to_string())
    .bind(ticket.version)
    .bind(ticket.terms.title.as_str().to_owned())
    .bind(folded(ticket.terms.title.as_str()))
    .bind(ticket.terms.price.as_minor_units())
    .bind(status(ticket))
    .bind(hold.map(|hold| hold.order.to_string()))
    .bind(hold.map(|hold| hold.buyer.to_string()))
    .bind(ticket.terms_version)
    .bind(i64::from(ticket.withdraw_on_release))
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

fn start(paging: &Paging<TicketId>) -> String {
    paging.after.map_or_else(|| NEWEST.to_owned(), |id| id.to_string())
}

fn page(rows: &[AnyRow], paging: &Paging<TicketId>) -> Result<Page<Ticket>, sqlx::Error> {
    let tickets = rows.iter().map(ticket).collect::<Result<_, _>>()?;
    Ok(Page::new(tickets, paging.limit, |ticket: &Ticket| ticket.id.to_string()))
}

fn status(ticket: &Ticket) -> &'static str {
    match ticket.state {
        State::Available => "available",
        State::Reserved(_) => "reserved",
        State::Sold(_) => "sold",
        State::Withdrawn => "withdrawn",
    }
}

fn ticket(row: &AnyRow) -> Result<Ticket, sqlx::Error> {
    let hold = match (parsed_option(row, "order_id")?, parsed_option(row, "buyer_id")?) {
        (Some(order), Some(buyer)) => Some(Hold { order, buyer }),
        _ => None,
    };
    let state = match (row.try_get::<String, _>("status")?.as_str(), hold) {
        ("available", _) => State::Available,
        ("reserved", Some(hold)) => State::Reserved(hold),
        ("sold", Some(hold)) => State::Sold(hold),
        ("withdrawn", _) => State::Withdrawn,
        (other, _) => return Err(undecodable("status", format!("{other:?} with {hold:?}"))),
    };
    Ok(Ticket {
        id: parsed(row, "id")?,
        version: row.try_get("version")?,
        seller: parsed(row, "user_id")?,
        terms: Terms {
            title: Title::stored(row.try_get("title")?),
            price: Price::stored(row.try_get("price")?),
            currency: parsed(row, "currency")?,
        },
        terms_version: row.try_get("terms_version")?,
        state,
        withdraw_on_release: row.try_get::<i64, _>("withdraw_on_release")? != 0,
    })
}
