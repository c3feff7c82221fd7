use std::collections::BTreeSet;

use axum::{Extension, extract::State, response::IntoResponse};
use http::HeaderMap;
use ticketing_contracts::SessionId;
use ticketkit_auth::Caller;
use ticketkit_core::axum::Json;

use super::{AppState, document::Empty, owner};
use crate::{
    app::App,
    audit::{Entry, Kind},
    error::Error,
    peer::Peer,
};

/// `POST /api/users/signout`
///
/// Whoever asks, the browser has no session afterwards. The refresh token names the session too,
/// so that it ends also where the access token has expired. A refresh token that was used before
/// is enough: it was handed out for this session, and it can only end it.
pub(super) async fn sign_out(
    State(app): AppState,
    Extension(caller): Extension<Caller>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let of_access = match &caller {
        Caller::User(user) => Some(user.session_id().to_owned()),
        _ => None,
    };
    let of_refresh = app
        .cookies
        .refresh(&headers)
        .one()
        .and_then(|text| app.sessions.parse(text))
        .map(|token| token.session());
    let sessions: BTreeSet<SessionId> =
        of_access.into_iter().chain(of_refresh).filter_map(|id| id.parse().ok()).collect();
    for session in sessions {
        end(&app, &peer, session).await?;
    }
    Ok((app.cookies.cleared(), Json(Empty {})))
}

async fn end(app: &App, peer: &Peer, session: SessionId) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.begin(peer).await?;
    let Some(ended) = app.sessions.end(&mut tx, &session.to_string()).await? else {
        return Ok(tx.rollback().await?);
    };
    let user = owner(&ended)?;
    let news = app.publish_ended(&mut tx, user, session).await?;
    app.audit.write(&mut tx, Entry::of(Kind::SignedOut, user), peer, now).await?;
    app.commit(tx, vec![news]).await
}
