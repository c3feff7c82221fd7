//! The routes of the service.

mod confirm;
mod list;
mod pay;
mod webhook;

use axum::{
    Router,
    routing::{get, post},
};
use ticketkit_auth::{AuthLayer, CrossSiteLayer};

use crate::app::App;

/// Makes the routes. The webhook has neither session nor origin: its signature says who asks.
pub(crate) fn routes(app: App, auth: AuthLayer, cross_site: CrossSiteLayer) -> Router {
    Router::new()
        .route("/api/payments", get(list::list))
        .route("/api/payments", post(pay::pay).route_layer(cross_site.clone()))
        .route("/api/payments/{id}/confirm", post(confirm::confirm).route_layer(cross_site))
        .route_layer(auth)
        .route("/api/payments/webhook", post(webhook::receive))
        .with_state(app)
}
