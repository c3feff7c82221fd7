use ticketing_contracts::{
    OrderId,
    expiration::ExpirationCompleted,
    order::{OrderAwaitingPayment, OrderCancelled, OrderCompleted, OrderExpired, OrderRefunded},
};
use ticketkit_events::{HandlerError, State, sql::Tx};

use crate::app::App;

/// Sets the timer.
pub(super) async fn on_awaiting_payment(
    event: OrderAwaitingPayment,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let order = event.order;
    let over = ExpirationCompleted { order_id: order.id, version: order.version };
    app.publisher.publish_at(&mut tx, &over, order.expires_at, &timer(order.id)).await?;
    Ok(())
}

macro_rules! drop_timer {
    ($($handler:ident: $event:ident),* $(,)?) => {$(
        /// Drops the timer.
        pub(super) async fn $handler(
            event: $event,
            State(app): State<App>,
            mut tx: Tx,
        ) -> Result<(), HandlerError> {
            app.publisher.cancel(&mut tx, &timer(event.order.id)).await?;
            Ok(())
        }
    )*};
}

drop_timer! {
    on_cancelled: OrderCancelled,
    on_expired: OrderExpired,
    on_completed: OrderCompleted,
    on_refunded: OrderRefunded,
}

/// Returns the key that an order's timer is dropped by.
fn timer(order: OrderId) -> String {
    format!("order:{order}")
}
