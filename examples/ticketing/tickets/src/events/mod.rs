//! What orders and auth tell, and what becomes of tickets.
//!
//! All handlers do nothing for an event that they have seen, or that is older than what they have
//! seen: the inbox knows the event, and the store knows the versions of orders and bans.

mod orders;
mod users;

use ticketkit_events::{Bus, Subscription, engine::EngineError, subscription::Runner};

use crate::app::App;

/// Declares the subscription of the service.
pub(crate) async fn bind(app: App, bus: &Bus) -> Result<Runner, EngineError> {
    let database = app.database.clone();
    Subscription::new("tickets")
        .with_state(app)
        .database(&database)
        .handle(orders::on_created)
        .handle(orders::on_cancelled)
        .handle(orders::on_expired)
        .handle(orders::on_completed)
        .handle(orders::on_refunded)
        .handle(users::on_banned)
        .handle(users::on_unbanned)
        .ordered()
        .bind(bus)
        .await
}
