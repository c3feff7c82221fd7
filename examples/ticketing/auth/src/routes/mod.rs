//! The routes: one file each, with the form of its body and its answer.
//!
//! The arguments of a handler stand in the order of the contract's checks: the caller first, the
//! body last.

mod ban;
mod current_user;
mod document;
mod password;
mod refresh;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod users;
mod well_known;

use std::sync::Arc;

use axum::{
    Router,
    routing::{delete, get, post, put},
};
use ticketing_contracts::UserId;
use ticketkit_auth::{AuthError, CrossSiteLayer, User};

use crate::app::App;

type AppState = axum::extract::State<Arc<App>>;

/// Makes the router. The cross-site check goes around each method router, since around the whole
/// it would also judge wrong methods, which are a 405 whoever asks.
pub(crate) fn router(app: Arc<App>, cross_site: &CrossSiteLayer) -> Router {
    let check = cross_site.clone();
    // Another site could sign someone in as somebody else.
    let always = cross_site.clone().always();
    Router::new()
        .route("/api/users", get(users::list))
        .route("/api/users/signup", post(sign_up::sign_up).route_layer(always.clone()))
        .route("/api/users/signin", post(sign_in::sign_in).route_layer(always.clone()))
        .route("/api/users/refresh", post(refresh::refresh).route_layer(always))
        .route("/api/users/signout", post(sign_out::sign_out).route_layer(check.clone()))
        .route("/api/users/currentuser", get(current_user::current_user))
        .route("/api/users/password", put(password::change).route_layer(check.clone()))
        .route("/api/users/sessions", get(sessions::list))
        .route("/api/users/sessions/{sid}", delete(sessions::end).route_layer(check.clone()))
        .route("/api/users/{id}/ban", put(ban::impose).delete(ban::lift).route_layer(check))
        .route("/.well-known/jwks.json", get(well_known::jwks))
        .route("/.well-known/ticketkit/revocations", get(well_known::revocations))
        .with_state(app)
}

/// Returns the id of a caller. This service alone issues tokens, and always with an id of this form.
fn user_id(caller: &User) -> Result<UserId, AuthError> {
    caller.id().parse().map_err(|_| AuthError::Unauthenticated)
}
