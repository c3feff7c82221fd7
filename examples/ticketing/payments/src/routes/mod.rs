//! The routes of the service.

mod confirm;
mod list;
mod pay;
mod webhook;

use axum::Router;
use ticketkit_auth::{
    CrossSiteLayer,
    axum::{Access, Routes},
};

use crate::app::App;

/// Makes the routes of the service, without their layers.
pub(crate) fn router(app: App, cross_site: &CrossSiteLayer) -> Router {
    routes(cross_site).into_router().with_state(app)
}

/// Says which routes there are, each with whom it serves: whose a payment is, is the handler's to
/// ask. The cross-site check goes around what writes in a user's name; the webhook has neither
/// session nor origin: its signature says who asks.
pub(crate) fn routes(cross_site: &CrossSiteLayer) -> Routes<App> {
    Routes::new()
        .post("/api/payments", Access::SignedIn, pay::pay)
        .post("/api/payments/{id}/confirm", Access::SignedIn, confirm::confirm)
        .route_layer(cross_site.clone())
        .get("/api/payments", Access::SignedIn, list::list)
        .post("/api/payments/webhook", Access::Anyone, webhook::receive)
}
