//! Money that came, and money that went back.

use ticketing_contracts::payment::{PaymentCreated, PaymentRefunded};
use ticketkit_events::{HandlerError, State, sql::Tx};

use super::known;
use crate::{app::App, domain::Money};

/// Completes the order, or has the payment given back.
pub(super) async fn on_created(
    event: PaymentCreated,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let payment = event.payment;
    let Some(mut order) = known(&mut tx, payment.order_id).await? else {
        // Money came for it: somebody has to look into that.
        return Err(HandlerError::permanent("a payment for an order that does not exist"));
    };
    match order.pay(payment.id) {
        Money::Completes(news) => app.record(&mut tx, &order, news).await?,
        Money::Known => {}
        Money::GoesBack(reason) => {
            tracing::info!(order.id = %order.id, payment.id = %payment.id, reason, "a payment goes back");
            app.request_refund(&mut tx, &order, payment.id, reason, None).await?;
        }
    }
    Ok(())
}

/// Ends the order, if it was its own payment.
pub(super) async fn on_refunded(
    event: PaymentRefunded,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let Some(mut order) = known(&mut tx, event.payment.order_id).await? else { return Ok(()) };
    if let Some(news) = order.give_back(event.payment.id) {
        app.record(&mut tx, &order, news).await?;
    }
    Ok(())
}
