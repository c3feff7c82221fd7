use axum::{
    http::{HeaderValue, header},
    response::IntoResponse,
};
use serde::Serialize;
use ticketkit_auth::axum::OptionalUser;
use ticketkit_core::axum::Json;

use super::document::UserDocument;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CurrentUser {
    current_user: Option<UserDocument>,
}

/// `GET /api/users/currentuser`
///
/// An expired, revoked or banned session is nobody.
pub(super) async fn current_user(OptionalUser(user): OptionalUser) -> impl IntoResponse {
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let current_user = user.as_ref().map(UserDocument::from);
    ([no_store], Json(CurrentUser { current_user }))
}
