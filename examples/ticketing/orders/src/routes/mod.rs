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

use axum::{
    Router,
    routing::{delete, get, post},
};
use ticketing_contracts::{OrderId, UserId};
use ticketkit_auth::{AuthError, CrossSiteLayer, User};
use ticketkit_core::error::NotFound;

use self::view::OrderView;
use crate::{Error, app::App, domain::Order, store};

/// Makes the routes of the service.
pub(crate) fn router(app: App, cross_site: &CrossSiteLayer) -> Router {
    let list = post(place::place).route_layer(cross_site.clone()).get(list::list);
    let one = delete(cancel::cancel).route_layer(cross_site.clone()).get(show::show);
    let refund = post(refund::refund).route_layer(cross_site.clone());
    let auth = app.auth.clone();
    Router::new()
        .route("/api/orders", list)
        .route("/api/orders/{id}", one)
        .route("/api/orders/{id}/events", get(stream::stream))
        .route("/api/orders/{id}/history", get(history::history))
        .route("/api/orders/{id}/refund", refund)
        .layer(auth)
        .with_state(app)
}

/// Returns the id of a user, which tokens carry as text.
fn id_of(user: &User) -> Result<UserId, AuthError> {
    user.id().parse().map_err(|_| AuthError::Unauthenticated)
}

/// Finds an order that the user may read.
async fn readable(app: &App, id: OrderId, user: &User) -> Result<Order, Error> {
    let order = store::orders::find(app.database.reader(), id).await?.ok_or(NotFound)?;
    user.require(order.buyer == id_of(user)? || user.has_role("admin"))?;
    Ok(order)
}
