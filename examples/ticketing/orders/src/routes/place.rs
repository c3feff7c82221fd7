use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use ticketing_contracts::{TicketId, UserId, order::OrderCreated, ticket::TicketStatus};
use ticketkit_auth::axum::CurrentUser;
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
    let wanted = wanted(&app, body.ticket_id).await?.ok_or(NotFound)?;
    // A rush ends here but for the first buyers: what is refused for good takes no turn to write.
    check(buyer, &wanted)?;
    let order = Order::place(buyer, &wanted.ticket, app.clock.now() + app.settings.hold);
    let publisher = app.publisher.clone();
    let publisher = publisher.with_causation(Causation::correlated(request.to_string()));
    let created = publisher.envelope(&OrderCreated { order: order.to_contract() })?;
    app.place(order.clone(), created).await?;
    let location = [(header::LOCATION, format!("/api/orders/{}", order.id))];
    Ok((StatusCode::CREATED, location, OrderView::from(&order)))
}

/// Looks for a ticket together with all others who do so at the moment.
async fn wanted(app: &App, ticket: TicketId) -> Result<Option<Arc<Wanted>>, sqlx::Error> {
    let find = async |tickets: Vec<_>| store::tickets::find_wanted(&app.database, &tickets).await;
    app.wanted.run(ticket, find).await
}

/// Refuses what is known to be in vain. Whether the ticket is free is for the index to decide, and
/// then for tickets; whether the buyer is banned is asked where the order is written.
fn check(buyer: UserId, wanted: &Wanted) -> Result<(), Error> {
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
