//! Locking, releasing and selling.

use std::time::Duration;

use ticketing_contracts::{
    order::{Order, OrderCancelled, OrderCompleted, OrderCreated, OrderExpired, OrderRefunded},
    ticket::{RejectionReason, TicketReservationRejected},
};
use ticketkit_events::{HandlerError, Meta, State, sql::Tx};

use crate::{
    app::App,
    domain::{News, Ticket},
    store::{self, tickets::find_to_change},
};

/// How soon it is looked again whether the order before has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Locks the ticket, or says why not.
pub(super) async fn on_created(
    event: OrderCreated,
    State(app): State<App>,
    mut tx: Tx,
    meta: Meta,
) -> Result<(), HandlerError> {
    let order = event.order;
    let found = find_to_change(&mut tx, order.ticket.id).await?;
    // Orders admits one active order per ticket, so the one that has it is over, and the event
    // that says so is under way: it has another key and may come after this one.
    if found.as_ref().is_some_and(|ticket| ticket.is_held_by_another(order.id))
        && app.clock.now().since(meta.time) < app.settings.patience
    {
        return Err(HandlerError::not_now(LOOK_AGAIN, "the order before has not ended yet"));
    }
    if !store::orders_seen::note(&mut tx, order.id, order.version, app.clock.now()).await? {
        return Ok(());
    }
    let (reason, version) = match found {
        None => (RejectionReason::NotFound, 0),
        Some(mut ticket) => match ticket.reserve(&order) {
            Ok(None) => return Ok(()),
            Ok(Some(news)) => return Ok(app.record(&mut tx, &ticket, news).await?),
            Err(reason) => (reason, ticket.version),
        },
    };
    let rejected =
        TicketReservationRejected { id: order.ticket.id, version, order_id: order.id, reason };
    app.publisher.publish(&mut tx, &rejected).await?;
    Ok(())
}

/// Releases the ticket.
pub(super) async fn on_cancelled(
    event: OrderCancelled,
    State(app): State<App>,
    tx: Tx,
) -> Result<(), HandlerError> {
    release(&app, tx, &event.order, Ticket::release).await
}

/// Releases the ticket.
pub(super) async fn on_expired(
    event: OrderExpired,
    State(app): State<App>,
    tx: Tx,
) -> Result<(), HandlerError> {
    release(&app, tx, &event.order, Ticket::release).await
}

/// Puts the ticket on sale again.
pub(super) async fn on_refunded(
    event: OrderRefunded,
    State(app): State<App>,
    tx: Tx,
) -> Result<(), HandlerError> {
    release(&app, tx, &event.order, Ticket::take_back).await
}

/// Sells the ticket.
pub(super) async fn on_completed(
    event: OrderCompleted,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let order = event.order;
    let found = find_to_change(&mut tx, order.ticket.id).await?;
    if !store::orders_seen::note(&mut tx, order.id, order.version, app.clock.now()).await? {
        return Ok(());
    }
    let Some(mut ticket) = found else {
        tracing::error!(order.id = %order.id, ticket.id = %order.ticket.id, "an order is paid for a ticket that does not exist");
        return Ok(());
    };
    match ticket.sell(order.id) {
        Ok(Some(news)) => app.record(&mut tx, &ticket, news).await?,
        Ok(None) => {}
        // Somebody has to look into it; selling it anyway could sell it twice.
        Err(error) => {
            tracing::error!(order.id = %order.id, ticket.id = %ticket.id, state = ?ticket.state, "{error}");
        }
    }
    Ok(())
}

/// Frees the ticket by what `take` allows, and withdraws it if its seller is banned.
async fn release(
    app: &App,
    mut tx: Tx,
    order: &Order,
    take: fn(&mut Ticket, ticketing_contracts::OrderId) -> Option<News>,
) -> Result<(), HandlerError> {
    let found = find_to_change(&mut tx, order.ticket.id).await?;
    if !store::orders_seen::note(&mut tx, order.id, order.version, app.clock.now()).await? {
        return Ok(());
    }
    let Some(mut ticket) = found else { return Ok(()) };
    let Some(news) = take(&mut ticket, order.id) else { return Ok(()) };
    // Before the row is written: who handles a ban has the user first and then the tickets, too.
    let banned = ticket.withdraw_on_release
        || store::bans::is_banned(&mut tx, ticket.seller, app.clock.now()).await?;
    app.record(&mut tx, &ticket, news).await?;
    if banned && let Ok(Some(news)) = ticket.withdraw() {
        app.record(&mut tx, &ticket, news).await?;
    }
    Ok(())
}
