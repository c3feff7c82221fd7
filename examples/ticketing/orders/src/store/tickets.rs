//! The replica of tickets: what the tickets service told last of each.

use sqlx::{Row, any::AnyRow};
use ticketing_contracts::{
    TicketId,
    ticket::{Ticket, TicketStatus},
};
use ticketkit_events::sql::Tx;

use super::{parsed, undecodable};

/// Takes a state of a ticket, unless what is known is as new.
pub(crate) async fn take(tx: &mut Tx, ticket: &Ticket) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into tickets (id, version, title, price, currency, user_id, status)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (id) do update
         set version = excluded.version, title = excluded.title, price = excluded.price,
             currency = excluded.currency, user_id = excluded.user_id, status = excluded.status
         where excluded.version > tickets.version",
    )
    .bind(ticket.id.to_string())
    .bind(ticket.version)
    .bind(ticket.title.clone())
    .bind(ticket.price)
    .bind(ticket.currency.to_string())
    .bind(ticket.user_id.to_string())
    .bind(status(ticket.status))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Finds a ticket.
pub(crate) async fn find(tx: &mut Tx, id: TicketId) -> Result<Option<Ticket>, sqlx::Error> {
    sqlx::query(
        "select id, version, title, price, currency, user_id, status from tickets where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(tx.conn())
    .await?
    .as_ref()
    .map(ticket)
    .transpose()
}

const fn status(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::Available => "available",
        TicketStatus::Reserved => "reserved",
        TicketStatus::Sold => "sold",
        TicketStatus::Withdrawn => "withdrawn",
    }
}

fn ticket(row: &AnyRow) -> Result<Ticket, sqlx::Error> {
    let status = match row.try_get::<String, _>("status")?.as_str() {
        "available" => TicketStatus::Available,
        "reserved" => TicketStatus::Reserved,
        "sold" => TicketStatus::Sold,
        "withdrawn" => TicketStatus::Withdrawn,
        other => return Err(undecodable("status", format!("{other:?}"))),
    };
    Ok(Ticket {
        id: parsed(row, "id")?,
        version: row.try_get("version")?,
        title: row.try_get("title")?,
        price: row.try_get("price")?,
        currency: parsed(row, "currency")?,
        user_id: parsed(row, "user_id")?,
        status,
        // Which order has it is this service's own knowledge.
        order_id: None,
    })
}
