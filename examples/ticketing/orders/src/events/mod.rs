//! What tickets, payments, expiration and auth tell, and what becomes of orders.
//!
//! Each handler decides by the state of the order, so that a duplicate or a late event does
//! nothing.

mod expiration;
mod payments;
mod tickets;
mod users;

use sqlx::Error;
use ticketing_contracts::OrderId;
use ticketkit_events::{Bus, Subscription, engine::EngineError, sql::Tx, subscription::Runner};

use crate::{app::App, domain::Order, store};

/// Declares the subscription of the service.
pub(crate) async fn bind(app: App, bus: &Bus) -> Result<Runner, EngineError> {
    let database = app.database.clone();
    Subscription::new("orders")
        .with_state(app)
        .database(&database)
        .handle(tickets::on_created)
        .handle(tickets::on_updated)
        .handle(tickets::on_withdrawn)
        .handle(tickets::on_reserved)
        .handle(tickets::on_rejected)
        .handle(tickets::on_released)
        .handle(tickets::on_sold)
        .handle(payments::on_created)
        .handle(payments::on_refunded)
        .handle(expiration::on_completed)
        .handle(users::on_banned)
        .handle(users::on_unbanned)
        .ordered()
        .bind(bus)
        .await
}

/// Finds the order that an event speaks of.
///
/// Whoever speaks of an order has heard of it from here, so one that is not there will not come:
/// the database was lost, or is another one. That must not stop the news of a ticket.
async fn known(tx: &mut Tx, id: OrderId) -> Result<Option<Order>, Error> {
    let found = store::orders::find_to_change(tx, id).await?;
    if found.is_none() {
        tracing::warn!(order.id = %id, "an event speaks of an order that does not exist");
    }
    Ok(found)
}
