use std::collections::BTreeSet;

use axum::{Extension, extract::State, http::HeaderMap, response::IntoResponse};
use {{ project.snake }}_contracts::SessionId;
use ticketkit_auth::Caller;
use ticketkit_core::axum::Json;

use super::{AppState, document::Empty};
use crate::{app::App, error::Error, peer::Peer, store};

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
        .and_then(|text| app.refresh.parse(text))
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
    let Some(user) = store::sessions::end(tx.conn(), session, now).await? else {
        return Ok(tx.rollback().await?);
    };
    let news = app.publish_ended(&mut tx, user, session).await?;
    app.commit(tx, news).await
}
