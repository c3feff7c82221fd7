//! `/api/tickets`: reading is open to anyone, writing is the seller's.
//!
//! The order of a handler's arguments is the order of the checks: who is asking, then the body,
//! then the object, whose it is, its version, its state.

mod change;
mod create;
mod list;
mod show;
mod view;

use axum::{
    Router,
    routing::{get, post},
};
use ticketing_contracts::{TicketId, UserId};
use ticketkit_auth::{AuthError, AuthLayer, CrossSiteLayer, User};
use ticketkit_core::error::NotFound;
use ticketkit_events::sql::Tx;

use self::view::TicketView;
use crate::{Error, app::App, domain::Ticket, store};

/// Makes the routes of the service.
pub(crate) fn router(app: App, auth: AuthLayer, cross_site: &CrossSiteLayer) -> Router {
    let list = post(create::create).route_layer(cross_site.clone()).get(list::on_sale);
    let one = axum::routing::put(change::update)
        .delete(change::withdraw)
        .route_layer(cross_site.clone())
        .get(show::show);
    Router::new()
        .route("/api/tickets", list)
        .route("/api/tickets/mine", get(list::mine))
        .route("/api/tickets/{id}", one)
        .layer(auth)
        .with_state(app)
}

/// Returns the id of a user, which tokens carry as text.
fn id_of(user: &User) -> Result<UserId, AuthError> {
    user.id().parse().map_err(|_| AuthError::Unauthenticated)
}

/// Finds the ticket that a seller wants to change.
async fn own(tx: &mut Tx, id: TicketId, user: &User) -> Result<Ticket, Error> {
    let ticket = store::tickets::find_to_change(tx, id).await?.ok_or(NotFound)?;
    user.require(ticket.seller == id_of(user)?)?;
    Ok(ticket)
}
