use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;
use ticketkit_auth::{
    AuthError,
    session::{Refreshed, Session},
};
use ticketkit_core::{axum::Json, error::Internal};
use ticketkit_events::sql::Tx;

use super::{AppState, document::UserDocument, owner};
use crate::{
    app::App,
    audit::{Entry, Kind},
    error::Error,
    peer::Peer,
    store,
};

/// `POST /api/users/refresh`
///
/// 401 says `unauthenticated` where there is no token of ours, `session_expired` where the session
/// idled or lasted too long, and `session_revoked` where it was ended: by its user, by a ban (signing
/// in again tells of that one), or here, because its token came back after its use.
pub(super) async fn refresh(
    State(app): AppState,
    peer: Peer,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let presented = app
        .cookies
        .refresh(&headers)
        .one()
        .and_then(|text| app.sessions.parse(text))
        .ok_or(AuthError::Unauthenticated)?;
    let mut tx = app.begin(&peer).await?;
    let (session, token, rotated) =
        match app.sessions.refresh(&mut tx, &presented, peer.device()).await? {
            Refreshed::Rotated { session, token } => (session, token, true),
            Refreshed::Repeated { session, token } => (session, token, false),
            Refreshed::Reused(session) => {
                end(&app, tx, &peer, &session, Kind::RefreshReused).await?;
                return Err(AuthError::SessionRevoked.into());
            }
            Refreshed::Expired(session) => {
                end(&app, tx, &peer, &session, Kind::RefreshExpired).await?;
                return Err(AuthError::SessionExpired.into());
            }
            Refreshed::Gone => {
                // In the log alone: a browser repeats it, and so could a stranger.
                app.audit.log(Entry::of(Kind::RefreshRefused, None), &peer);
                return Err(AuthError::SessionRevoked.into());
            }
        };
    // While the session is locked: whoever raises the epoch now waits for it, to end it.
    let id = owner(&session)?;
    let user = store::users::find(tx.conn(), id).await?.ok_or(AuthError::SessionRevoked)?;
    // A ban ends all sessions in its transaction. Should one be left, it is as good as ended.
    if user.is_banned(app.now()) {
        app.audit.log(Entry::of(Kind::RefreshRefused, id), &peer);
        return Err(AuthError::SessionRevoked.into());
    }
    let cookies = app.cookies(&user, session.id(), &token)?;
    if rotated {
        app.audit.write(&mut tx, Entry::of(Kind::Refreshed, id), &peer, app.now()).await?;
    }
    tx.commit().await?;
    Ok((cookies, Json(UserDocument::from(&user))))
}

/// Tells everybody of a session that was ended in the transaction.
async fn end(
    app: &App,
    mut tx: Tx,
    peer: &Peer,
    session: &Session,
    kind: Kind,
) -> Result<(), Error> {
    let (user, id) = (owner(session)?, session.id().parse().map_err(Internal::new)?);
    let news = app.publish_ended(&mut tx, user, id).await?;
    app.audit.write(&mut tx, Entry::of(kind, user), peer, app.now()).await?;
    app.commit(tx, vec![news]).await
}
