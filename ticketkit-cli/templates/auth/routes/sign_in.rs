use axum::{extract::State, response::IntoResponse};
use ticketkit_auth::{AuthError, password::Verdict};
use ticketkit_core::axum::Json;

use super::{
    AppState,
    document::{Credentials, UserDocument},
};
use crate::{
    domain::Email,
    error::{Error, InvalidCredentials},
    peer::Peer,
    store,
};

/// `POST /api/users/signin`
///
/// An unknown address, also one that is none, takes the way of a wrong password to the end: the
/// same time, the same answer.
pub(super) async fn sign_in(
    State(app): AppState,
    peer: Peer,
    Json(body): Json<Credentials>,
) -> Result<impl IntoResponse, Error> {
    let attempt = app.throttle.begin(&Email::fold(&body.email), peer.address())?;
    let known = match Email::parse(&body.email) {
        Ok(email) => store::users::credentials(app.database.reader(), &email).await?,
        Err(_) => None,
    };
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let verdict = app.hasher.verify(body.password, hash).await?;
    let (Some(known), Verdict::Right { rehashed }) = (&known, verdict) else {
        tracing::info!(user = known.map(|known| known.id.to_string()), "a sign-in failed");
        attempt.failed()?;
        return Err(InvalidCredentials.into());
    };
    attempt.succeeded()?;

    let mut tx = app.begin(&peer).await?;
    let user = store::users::confirm(tx.conn(), known, rehashed.as_deref())
        .await?
        .ok_or(InvalidCredentials)?;
    if user.is_banned(app.now()) {
        return Err(AuthError::AccountBanned.into());
    }
    let cookies = app.start_session(&mut tx, &user).await?;
    tx.commit().await?;
    Ok((cookies, Json(UserDocument::from(&user))))
}
