//! Gives money back on request.

use ticketing_contracts::order::OrderRefundRequested;
use ticketkit_events::{HandlerError, State, sql::Tx};

use crate::{app::App, settle::begin_refund, store::payments};

/// Refunds a payment: at once if it has succeeded, else when it does. A second request does
/// nothing.
pub(super) async fn on_refund_requested(
    event: OrderRefundRequested,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let payment = event.payment_id;
    let attempt = payments::find_to_change(&mut tx, payment).await?;
    // Refunding the payment of another order would void a good one.
    let Some(attempt) = attempt.filter(|attempt| attempt.order_id == event.id) else {
        let text = format!("order {} has no payment {payment}", event.id);
        return Err(HandlerError::permanent(text));
    };
    begin_refund(&app, &mut tx, &attempt, &event.reason).await?;
    Ok(())
}
