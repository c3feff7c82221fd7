//! The replica of tickets: what the tickets service told last of each.

use std::{collections::HashMap, sync::Arc};

use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use ticketing_contracts::{
    TicketId,
    ticket::{Ticket, TicketStatus},
};
use ticketkit_events::sql::{Database, Tx};

use super::{parsed, placeholders, undecodable};

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

/// A ticket that somebody wants to buy, and what stands in the way.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) ticket: Ticket,
    /// Whether the order that has the ticket, or may get it, is complete; none if there is no such
    /// order.
    pub(crate) taken: Option<bool>,
}

/// Finds tickets that somebody wants to buy, with what decides whether that is in vain: one statement,
/// and no turn among those who write. The index `orders_active_by_ticket` finds at most one order of
/// each.
pub(crate) async fn find_wanted(
    database: &Database,
    ids: &[TicketId],
) -> Result<HashMap<TicketId, Arc<Wanted>>, sqlx::Error> {
    let statement = format!(
        "select t.id, t.version, t.title, t.price, t.currency, t.user_id, t.status,
                o.status as order_status
         from tickets t
         left join orders o
             on o.ticket_id = t.id and o.status in ('created', 'awaiting_payment', 'complete')
         where t.id in ({})",
        placeholders(1, ids.len())
    );
    // Placeholders alone are put in.
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for id in ids {
        query = query.bind(id.to_string());
    }
    let rows = query.fetch_all(database.reader()).await?;
    rows.iter().map(|row| wanted(row).map(|wanted| (wanted.ticket.id, Arc::new(wanted)))).collect()
}

fn wanted(row: &AnyRow) -> Result<Wanted, sqlx::Error> {
    let order: Option<String> = row.try_get("order_status")?;
    Ok(Wanted { ticket: ticket(row)?, taken: order.map(|status| status == "complete") })
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
