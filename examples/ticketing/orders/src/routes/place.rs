use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use ticketing_contracts::{
    TicketId, UserId,
    ticket::{Ticket, TicketStatus},
};
use ticketkit_auth::{AuthError, axum::CurrentUser};
use ticketkit_core::{RequestId, axum::Json, error::NotFound};
use ticketkit_events::sql::Tx;

use super::{OrderView, id_of};
use crate::{
    Error,
    app::App,
    domain::{Order, State as OrderState},
    store,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewOrder {
    ticket_id: TicketId,
}

/// `POST /api/orders`
pub(super) async fn place(
    user: CurrentUser,
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    Json(body): Json<NewOrder>,
) -> Result<impl IntoResponse, Error> {
    let buyer = id_of(&user)?;
    let mut tx = app.begin(request).await?;
    let ticket = store::tickets::find(&mut tx, body.ticket_id).await?.ok_or(NotFound)?;
    check(&app, &mut tx, buyer, &ticket).await?;
    let expires_at = app.clock.now() + app.settings.hold;
    let (order, news) = Order::place(buyer, &ticket, expires_at);
    if !app.place(&mut tx, &order, news).await? {
        let active = store::orders::active_of(&mut tx, ticket.id).await?;
        return Err(match active.map(|order| order.state) {
            Some(OrderState::Complete { .. }) => Error::TicketSold,
            _ => Error::TicketReserved,
        });
    }
    tx.commit().await?;
    let location = [(header::LOCATION, format!("/api/orders/{}", order.id))];
    Ok((StatusCode::CREATED, location, OrderView::from(&order)))
}

/// Refuses what is known to be in vain. Whether the ticket is free is for the index to decide, and
/// then for tickets.
async fn check(app: &App, tx: &mut Tx, buyer: UserId, ticket: &Ticket) -> Result<(), Error> {
    let now = app.clock.now();
    // The ban may be handled here and not yet be known to the layer: an order that was placed after
    // the user's orders were cancelled would stay.
    if store::bans::is_banned(tx, buyer, now).await? {
        return Err(AuthError::AccountBanned.into());
    }
    if ticket.user_id == buyer {
        return Err(Error::OwnTicket);
    }
    match ticket.status {
        TicketStatus::Available if !store::bans::is_banned(tx, ticket.user_id, now).await? => {
            Ok(())
        }
        TicketStatus::Available | TicketStatus::Withdrawn => Err(Error::TicketWithdrawn),
        TicketStatus::Reserved => Err(Error::TicketReserved),
        TicketStatus::Sold => Err(Error::TicketSold),
    }
}
