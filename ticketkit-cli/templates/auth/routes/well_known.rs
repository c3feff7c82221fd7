use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
};
use ticketkit_core::axum::Json;

use super::AppState;
use crate::error::Error;

/// `GET /.well-known/jwks.json`
///
/// A new key is published long before it signs, so that a copy may be minutes old.
pub(super) async fn jwks(State(app): AppState) -> impl IntoResponse {
    let cached = HeaderValue::from_static("public, max-age=300");
    ([(header::CACHE_CONTROL, cached)], Json(app.ring.jwks()))
}

/// `GET /.well-known/ticketkit/revocations`
///
/// Signed, since who could forge it could lift bans; and never from a cache, since who starts with
/// an old one lets banned users in.
pub(super) async fn revocations(State(app): AppState) -> Result<impl IntoResponse, Error> {
    let (mark, snapshot) = app.snapshot().await?;
    let signed = app.revocations.sign_snapshot(mark, snapshot)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jose")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, signed))
}
