//! `/api/tickets`: reading is open to anyone, writing is the seller's.
//!
//! The order of a handler's arguments is the order of the checks: who is asking, then the body,
//! then the object, whose it is, its version, its state.

mod change;
mod create;
mod list;
mod show;
mod view;

use axum::Router;
use ticketing_contracts::{TicketId, UserId};
use ticketkit_auth::{
    AuthError, CrossSiteLayer, User,
    axum::{Access, Routes},
};
use ticketkit_core::error::NotFound;
use ticketkit_events::sql::Tx;

use self::view::TicketView;
use crate::{Error, app::App, domain::Ticket, store};

/// Makes the routes of the service, without their layers.
pub(crate) fn router(app: App, cross_site: &CrossSiteLayer) -> Router {
    routes(cross_site).into_router().with_state(app)
}

/// Says which routes there are, each with whom it serves: whose a ticket is, is the handler's to
/// ask. The cross-site check goes around what writes.
pub(crate) fn routes(cross_site: &CrossSiteLayer) -> Routes<App> {
    Routes::new()
        .post("/api/tickets", Access::SignedIn, create::create)
        .put("/api/tickets/{id}", Access::SignedIn, change::update)
        .delete("/api/tickets/{id}", Access::SignedIn, change::withdraw)
        .route_layer(cross_site.clone())
        .get("/api/tickets", Access::Anyone, list::on_sale)
        .get("/api/tickets/mine", Access::SignedIn, list::mine)
        .get("/api/tickets/{id}", Access::Anyone, show::show)
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
