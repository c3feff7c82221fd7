//! What payments does about the events of others.

mod orders;
mod refund;

use ticketkit_events::{
    Bus, Subscription, engine::EngineError, sql::Database, subscription::Runner,
};

use crate::app::App;

/// Binds the subscription: from here on events are kept for it.
///
/// It is ordered: a refund must not overtake the news of the order.
pub(crate) async fn bind(app: &App, database: &Database, bus: &Bus) -> Result<Runner, EngineError> {
    Subscription::new("payments")
        .with_state(app.clone())
        .database(database)
        .handle(orders::on_awaiting_payment)
        .handle(orders::on_cancelled)
        .handle(orders::on_expired)
        .handle(orders::on_completed)
        .handle(orders::on_refunded)
        .handle(refund::on_refund_requested)
        .ordered()
        .bind(bus)
        .await
}
