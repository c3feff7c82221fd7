//! Keeps the replica of orders.

use ticketing_contracts::order::{
    Order, OrderAwaitingPayment, OrderCancelled, OrderCompleted, OrderExpired, OrderRefunded,
};
use ticketkit_events::{HandlerError, State, sql::Tx};

use crate::{
    app::App,
    store::{orders, payments},
};

pub(super) async fn on_awaiting_payment(
    event: OrderAwaitingPayment,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    take_over(&mut tx, event.order).await
}

pub(super) async fn on_cancelled(
    event: OrderCancelled,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    over(&app, &mut tx, event.order).await
}

pub(super) async fn on_expired(
    event: OrderExpired,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    over(&app, &mut tx, event.order).await
}

pub(super) async fn on_completed(event: OrderCompleted, mut tx: Tx) -> Result<(), HandlerError> {
    take_over(&mut tx, event.order).await
}

pub(super) async fn on_refunded(event: OrderRefunded, mut tx: Tx) -> Result<(), HandlerError> {
    take_over(&mut tx, event.order).await
}

async fn take_over(tx: &mut Tx, order: Order) -> Result<(), HandlerError> {
    Ok(orders::take_over(tx, &order.into()).await?)
}

/// An order that ended unpaid: what waits for its buyer is called off.
async fn over(app: &App, tx: &mut Tx, order: Order) -> Result<(), HandlerError> {
    let id = order.id;
    take_over(tx, order).await?;
    // The provider is asked by the reconciler, since nobody may wait for it in a transaction.
    payments::check_waiting(tx, id, app.clock.now()).await?;
    Ok(())
}
