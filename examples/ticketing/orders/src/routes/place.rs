use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use ticketing_contracts::{TicketId, Timestamp, UserId, ticket::TicketStatus};
use ticketkit_auth::{AuthError, axum::CurrentUser};
use ticketkit_core::{RequestId, axum::Json, error::NotFound};
use ticketkit_events::sql::Tx;

use super::{OrderView, id_of};
use crate::{
    Error,
    app::App,
    domain::{Order, State as OrderState},
    store::{self, tickets::Wanted},
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
    let now = app.clock.now();
    let wanted = store::tickets::find_wanted(&app.database, body.ticket_id, buyer, now);
    let wanted = wanted.await?.ok_or(NotFound)?;
    // A rush ends here but for the first buyers: what is refused for good takes no turn to write.
    check(buyer, &wanted)?;
    let ticket = wanted.ticket;
    let mut tx = app.begin(request).await?;
    check_bans(&mut tx, buyer, ticket.user_id, now).await?;
    let expires_at = now + app.settings.hold;
    let (order, news) = Order::place(buyer, &ticket, expires_at);
    if !app.place(&mut tx, &order, news).await? {
        let active = store::orders::active_of(&mut tx, ticket.id).await?;
        let paid = active.is_some_and(|order| matches!(order.state, OrderState::Complete { .. }));
        return Err(taken(paid));
    }
    tx.commit().await?;
    let location = [(header::LOCATION, format!("/api/orders/{}", order.id))];
    Ok((StatusCode::CREATED, location, OrderView::from(&order)))
}

/// Refuses what is known to be in vain. Whether the ticket is free is for the index to decide, and
/// then for tickets.
fn check(buyer: UserId, wanted: &Wanted) -> Result<(), Error> {
    if wanted.buyer_is_banned {
        return Err(AuthError::AccountBanned.into());
    }
    if wanted.ticket.user_id == buyer {
        return Err(Error::OwnTicket);
    }
    match (wanted.ticket.status, wanted.taken) {
        (TicketStatus::Available, None) => Ok(()),
        (TicketStatus::Available, Some(paid)) => Err(taken(paid)),
        (TicketStatus::Withdrawn, _) => Err(Error::TicketWithdrawn),
        (TicketStatus::Reserved, _) => Err(Error::TicketReserved),
        (TicketStatus::Sold, _) => Err(Error::TicketSold),
    }
}

/// Refuses where the buyer or the seller is banned, and keeps it so until the transaction ends.
///
/// The ban may be handled here and not yet be known to the layer: an order that was placed after the
/// user's orders were cancelled would stay.
async fn check_bans(
    tx: &mut Tx,
    buyer: UserId,
    seller: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    let banned = store::bans::banned_of(tx, [buyer, seller], now).await?;
    if banned.contains(&buyer) {
        return Err(AuthError::AccountBanned.into());
    }
    if banned.contains(&seller) {
        return Err(Error::TicketWithdrawn);
    }
    Ok(())
}

const fn taken(paid: bool) -> Error {
    if paid { Error::TicketSold } else { Error::TicketReserved }
}
