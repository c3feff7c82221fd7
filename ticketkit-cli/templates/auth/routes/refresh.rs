use axum::{extract::State, http::HeaderMap, response::IntoResponse};
use ticketkit_auth::{
    AuthError,
    cookies::SetCookies,
    refresh::{Outcome, PresentedToken, RefreshRow, RefreshToken},
};
use ticketkit_core::{axum::Json, error::Internal};

use super::{AppState, document::UserDocument};
use crate::{
    app::App,
    domain::User,
    error::Error,
    peer::Peer,
    store::{self, sessions::Family},
};

/// Of any number at once the first rotates and all others find its parent in the second try.
const TRIES: u32 = 5;

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
        .and_then(|text| app.refresh.parse(text))
        .ok_or(AuthError::Unauthenticated)?;
    for _ in 0..TRIES {
        if let Some((cookies, user)) = attempt(&app, &peer, &presented).await? {
            return Ok((cookies, Json(UserDocument::from(&user))));
        }
    }
    Err(Internal::new("the session changed again and again while it was refreshed").into())
}

/// Tries once; nothing if someone else changed the session in between.
async fn attempt(
    app: &App,
    peer: &Peer,
    presented: &PresentedToken,
) -> Result<Option<(SetCookies, User)>, Error> {
    let family = store::sessions::find(app.database.reader(), &presented.session())
        .await?
        .ok_or(AuthError::SessionRevoked)?;
    match app.refresh.decide(&family.row, presented, app.clock.unix_millis()) {
        Outcome::Rotated { row, token } => rotate(app, peer, &family.row, &row, &token).await,
        // The user is as it was when the session was there: one query read both.
        Outcome::Repeated { token } => {
            check(app, &family.user)?;
            let cookies = app.cookies(&family.user, &family.row.session, &token)?;
            Ok(Some((cookies, family.user)))
        }
        Outcome::Reused => {
            let ended = end(app, peer, &family).await?;
            if ended { Err(AuthError::SessionRevoked.into()) } else { Ok(None) }
        }
        Outcome::Expired => {
            let ended = end(app, peer, &family).await?;
            if ended { Err(AuthError::SessionExpired.into()) } else { Ok(None) }
        }
    }
}

async fn rotate(
    app: &App,
    peer: &Peer,
    before: &RefreshRow,
    after: &RefreshRow,
    token: &RefreshToken,
) -> Result<Option<(SetCookies, User)>, Error> {
    let mut tx = app.begin(peer).await?;
    let Some(id) = store::sessions::rotate(tx.conn(), before, after).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    // After the update: whoever raises the epoch now waits for this row to delete it.
    let user = store::users::find(tx.conn(), id).await?.ok_or(AuthError::SessionRevoked)?;
    check(app, &user)?;
    let cookies = app.cookies(&user, &after.session, token)?;
    tx.commit().await?;
    Ok(Some((cookies, user)))
}

/// A ban ends all sessions in its transaction. Should one be left, it is as good as ended.
fn check(app: &App, user: &User) -> Result<(), AuthError> {
    if user.is_banned(app.now()) { Err(AuthError::SessionRevoked) } else { Ok(()) }
}

/// Ends a family; tells whether it was still as it was read.
async fn end(app: &App, peer: &Peer, family: &Family) -> Result<bool, Error> {
    let now = app.now();
    let mut tx = app.begin(peer).await?;
    if !store::sessions::end_unchanged(tx.conn(), &family.row, now).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let user = family.user.id;
    let news = app.publish_ended(&mut tx, user, family.id).await?;
    app.commit(tx, news).await?;
    Ok(true)
}
