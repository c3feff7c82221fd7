//! The replica of tickets, and the lock.

use ticketing_contracts::ticket::{
    TicketCreated, TicketReleased, TicketReservationRejected, TicketReserved, TicketSold,
    TicketUpdated, TicketWithdrawn,
};
use ticketkit_events::{HandlerError, State, sql::Tx};

use super::known;
use crate::{app::App, domain::Reason, store};

macro_rules! replicate {
    ($($handler:ident: $event:ident),* $(,)?) => {$(
        pub(super) async fn $handler(event: $event, mut tx: Tx) -> Result<(), HandlerError> {
            store::tickets::take(&mut tx, &event.ticket).await?;
            Ok(())
        }
    )*};
}

replicate! {
    on_created: TicketCreated,
    on_updated: TicketUpdated,
    on_withdrawn: TicketWithdrawn,
    on_released: TicketReleased,
    on_sold: TicketSold,
}

/// Takes the state of the ticket, and confirms the lock to its order.
pub(super) async fn on_reserved(
    event: TicketReserved,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    store::tickets::take(&mut tx, &event.ticket).await?;
    let Some(id) = event.ticket.order_id else { return Ok(()) };
    let Some(mut order) = known(&mut tx, id).await? else { return Ok(()) };
    if let Some(news) = order.confirm() {
        app.record(&mut tx, &order, news).await?;
    }
    Ok(())
}

/// Cancels the order that gets no lock.
pub(super) async fn on_rejected(
    event: TicketReservationRejected,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let Some(mut order) = known(&mut tx, event.order_id).await? else { return Ok(()) };
    if let Some(news) = order.reject(Reason::Rejected(event.reason)) {
        app.record(&mut tx, &order, news).await?;
    }
    Ok(())
}
