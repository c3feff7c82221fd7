//! The routes: one file each, with the form of its body and its answer.
//!
//! The order of a handler's arguments is the order of the checks: who is asking first, the body
//! last.

mod ban;
mod current_user;
mod document;
mod refresh;
mod sign_in;
mod sign_out;
mod sign_up;
mod users;
mod well_known;

use std::sync::Arc;

use {{ project.snake }}_contracts::UserId;
use ticketkit_auth::{
    AuthError, CrossSiteLayer, User,
    axum::{Access, Routes},
};

use crate::{app::App, domain::ADMIN};

type AppState = axum::extract::State<Arc<App>>;

/// Makes the routes, each with whom it serves. The cross-site check goes around each route and not
/// around the whole, where it would also judge wrong methods, which are a 405 whoever asks.
pub(crate) fn routes(cross_site: &CrossSiteLayer) -> Routes<Arc<App>> {
    // Another site could sign someone in as somebody else.
    let judged_always = Routes::new()
        .post("/api/users/signup", Access::Anyone, sign_up::sign_up)
        .post("/api/users/signin", Access::Anyone, sign_in::sign_in)
        .post("/api/users/refresh", Access::Anyone, refresh::refresh)
        .route_layer(cross_site.clone().always());
    Routes::new()
        .post("/api/users/signout", Access::Anyone, sign_out::sign_out)
        .put("/api/users/{id}/ban", Access::role(ADMIN), ban::impose)
        .delete("/api/users/{id}/ban", Access::role(ADMIN), ban::lift)
        .route_layer(cross_site.clone())
        .merge(judged_always)
        .get("/api/users", Access::role(ADMIN), users::list)
        .get("/api/users/currentuser", Access::Anyone, current_user::current_user)
        .get("/.well-known/jwks.json", Access::Anyone, well_known::jwks)
        .get("/.well-known/ticketkit/revocations", Access::Anyone, well_known::revocations)
}

/// Returns the id of a user, which tokens carry as text.
fn id_of(user: &User) -> Result<UserId, AuthError> {
    user.id().parse().map_err(|_| AuthError::Unauthenticated)
}
