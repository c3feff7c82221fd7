use axum::{extract::State, response::IntoResponse};
use ticketing_contracts::UserId;
use ticketkit_auth::{AuthError, password::Verdict, throttle::ThrottleError};
use ticketkit_core::axum::Json;

use super::{
    AppState,
    document::{Credentials, UserDocument},
};
use crate::{
    app::App,
    audit::{Entry, Kind},
    domain::Email,
    error::{Error, InvalidCredentials},
    peer::Peer,
    store,
};

/// `POST /api/users/signin`
///
/// An unknown address, also one that is none, takes the way of a wrong password to the end: the
/// same time, the same rows, the same answer.
pub(super) async fn sign_in(
    State(app): AppState,
    peer: Peer,
    Json(body): Json<Credentials>,
) -> Result<impl IntoResponse, Error> {
    let throttled =
        |_: &ThrottleError| app.audit.log(Entry::of(Kind::SignInThrottled, None), &peer);
    let account = Email::fold(&body.email);
    app.throttle.check(&account, peer.address()).await.inspect_err(throttled)?;
    let known = match Email::parse(&body.email) {
        Ok(email) => store::users::credentials_by_email(app.database.reader(), &email).await?,
        Err(_) => None,
    };
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let verdict = app.hasher.verify(body.password, hash).await?;
    let (Some(known), Verdict::Right { rehashed }) = (&known, verdict) else {
        let counted = app.throttle.record_failure(&account, peer.address()).await;
        refuse(&app, Kind::SignInFailed, known.map(|known| known.id), &peer).await?;
        counted?;
        return Err(InvalidCredentials.into());
    };
    app.throttle.check(&account, peer.address()).await.inspect_err(throttled)?;

    let now = app.now();
    let mut tx = app.begin(&peer).await?;
    let user = store::users::confirm(tx.conn(), known, rehashed.as_deref())
        .await?
        .ok_or(InvalidCredentials)?;
    if user.is_banned(now) {
        tx.rollback().await?;
        refuse(&app, Kind::SignInBanned, Some(user.id), &peer).await?;
        return Err(AuthError::AccountBanned.into());
    }
    let cookies = app.start_session(&mut tx, &user, &peer).await?;
    app.audit.write(&mut tx, Entry::of(Kind::SignedIn, user.id), &peer, now).await?;
    tx.commit().await?;
    Ok((cookies, Json(UserDocument::from(&user))))
}

/// Writes down a refusal, in a transaction that has nothing else in it.
async fn refuse(
    app: &App,
    kind: Kind,
    user: Option<UserId>,
    peer: &Peer,
) -> Result<(), sqlx::Error> {
    let mut tx = app.database.begin().await?;
    app.audit.write(&mut tx, Entry::of(kind, user), peer, app.now()).await?;
    tx.commit().await
}
