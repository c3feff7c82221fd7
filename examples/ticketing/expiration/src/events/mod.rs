//! What orders tell: a timer begins with the lock and is dropped with the end of the order.

mod orders;

use ticketkit_events::{Bus, Subscription, engine::EngineError, subscription::Runner};

use crate::app::App;

/// Declares the subscription of the service.
///
/// It is ordered, so that no timer begins after the end of its order was seen. One that did would
/// do no harm: orders does nothing for an order that is over.
pub(crate) async fn bind(app: App, bus: &Bus) -> Result<Runner, EngineError> {
    let database = app.database.clone();
    let concurrency = app.settings.concurrency;
    Subscription::new("expiration")
        .with_state(app)
        .database(&database)
        .concurrency(concurrency)
        .handle(orders::on_awaiting_payment)
        .handle(orders::on_cancelled)
        .handle(orders::on_expired)
        .handle(orders::on_completed)
        .handle(orders::on_refunded)
        .ordered()
        .bind(bus)
        .await
}
