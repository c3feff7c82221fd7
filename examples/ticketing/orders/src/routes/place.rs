use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use ticketing_contracts::{TicketId, UserId, order::OrderCreated, ticket::TicketStatus};
use ticketkit_auth::{AuthError, axum::CurrentUser};
use ticketkit_core::{RequestId, axum::Json, error::NotFound};
use ticketkit_events::Causation;

use super::{OrderView, id_of};
use crate::{
    Error,
    app::App,
    domain::Order,
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
    let order = Order::place(buyer, &wanted.ticket, now + app.settings.hold);
    let publisher = app.publisher.clone();
    let publisher = publisher.with_causation(Causation::correlated(request.to_string()));
    let created = publisher.envelope(&OrderCreated { order: order.to_contract() })?;
    app.place(order.clone(), created).await?;
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

const fn taken(paid: bool) -> Error {
    if paid { Error::TicketSold } else { Error::TicketReserved }
}
