use ticketing_contracts::order::{
    OrderAwaitingPayment, OrderCancelled, OrderCompleted, OrderExpired,
};
use ticketkit_events::{
    Bus, HandlerError, State, Subscription, engine::EngineError, subscription::Runner,
};

use super::Streams;

/// Declares this instance's subscription to the changes of orders
/// that are not over: no stream goes on for longer.
pub(crate) async fn bind(streams: Streams, bus: &Bus) -> Result<Runner, EngineError> {
    Subscription::fan_out("orders-streams")
        .with_state(streams)
        .handle(on_awaiting_payment)
        .handle(on_cancelled)
        .handle(on_expired)
        .handle(on_completed)
        .ordered()
        .bind(bus)
        .await
}

macro_rules! tell {
    ($($handler:ident: $event:ident),* $(,)?) => {$(
        async fn $handler(event: $event, State(streams): State<Streams>) -> Result<(), HandlerError> {
            streams.tell(event.order);
            Ok(())
        }
    )*};
}

tell! {
    on_awaiting_payment: OrderAwaitingPayment,
    on_cancelled: OrderCancelled,
    on_expired: OrderExpired,
    on_completed: OrderCompleted,
}
