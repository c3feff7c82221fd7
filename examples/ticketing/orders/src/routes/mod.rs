//! `/api/orders`: an order is its buyer's; administrators read each, with its history,
//! and give money back.
//!
//! The order of a handler's arguments is the order of the checks: who is asking, then the body,
//! then the object, whose it is, its state.

mod cancel;
mod history;
mod list;
mod place;
mod refund;
mod show;
mod stream;
mod view;

use axum::Router;
use ticketing_contracts::{OrderId, UserId};
use ticketkit_auth::{
    AuthError, CrossSiteLayer, User,
    axum::{Access, Routes},
};
use ticketkit_core::error::NotFound;

use self::view::OrderView;
use crate::{Error, app::App, domain::Order, store};

/// The role of those who read every order and give money back.
const ADMIN: &str = "admin";

/// Makes the routes of the service, without their layers.
pub(crate) fn router(app: App, cross_site: &CrossSiteLayer) -> Router {
    routes(cross_site).into_router().with_state(app)
}

/// Says which routes there are, each with whom it serves: whose an order is, is the handler's to
/// ask. The cross-site check goes around what writes.
pub(crate) fn routes(cross_site: &CrossSiteLayer) -> Routes<App> {
    Routes::new()
        .post("/api/orders", Access::SignedIn, place::place)
        .delete("/api/orders/{id}", Access::SignedIn, cancel::cancel)
        .post("/api/orders/{id}/refund", Access::role(ADMIN), refund::refund)
        .route_layer(cross_site.clone())
        .get("/api/orders", Access::SignedIn, list::list)
        .get("/api/orders/{id}", Access::SignedIn, show::show)
        .get("/api/orders/{id}/events", Access::SignedIn, stream::stream)
        .get("/api/orders/{id}/history", Access::role(ADMIN), history::history)
}

/// Returns the id of a user, which tokens carry as text.
fn id_of(user: &User) -> Result<UserId, AuthError> {
    user.id().parse().map_err(|_| AuthError::Unauthenticated)
}

/// Finds an order that the user may read.
async fn readable(app: &App, id: OrderId, user: &User) -> Result<Order, Error> {
    let order = store::orders::find(app.database.reader(), id).await?.ok_or(NotFound)?;
    user.require(order.buyer == id_of(user)? || user.has_role(ADMIN))?;
    Ok(order)
}
