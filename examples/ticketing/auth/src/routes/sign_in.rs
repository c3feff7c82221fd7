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
    let account = Email::fold(&body.email);
    check(&app, &account, None, &peer).await?;
    let known = match Email::parse(&body.email) {
        Ok(email) => store::users::credentials_by_email(app.database.reader(), &email).await?,
        Err(_) => None,
    };
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let verdict = app.hasher.verify(body.password, hash).await?;
    let (Some(known), Verdict::Right { rehashed }) = (&known, verdict) else {
        let entry = Entry::of(Kind::SignInFailed, known.map(|known| known.id));
        fail(&app, &account, entry, &peer).await?;
        return Err(InvalidCredentials.into());
    };
    check(&app, &account, known.id, &peer).await?;

    let now = app.now();
    let mut tx = app.begin(&peer).await?;
    let Some(user) = store::users::confirm(tx.conn(), known, rehashed.as_deref()).await? else {
        // The password was changed meanwhile.
        tx.rollback().await?;
        refuse(&app, Entry::of(Kind::SignInFailed, known.id), &peer).await?;
        return Err(InvalidCredentials.into());
    };
    if user.is_banned(now) {
        tx.rollback().await?;
        refuse(&app, Entry::of(Kind::SignInBanned, user.id), &peer).await?;
        return Err(AuthError::AccountBanned.into());
    }
    let cookies = app.start_session(&mut tx, &user, &peer).await?;
    app.audit.write(&mut tx, Entry::of(Kind::SignedIn, user.id), &peer, now).await?;
    tx.commit().await?;
    Ok((cookies, Json(UserDocument::from(&user))))
}

/// Refuses who has guessed too often. That an attempt was refused is in the log alone: a stranger could
/// fill the table.
pub(super) async fn check(
    app: &App,
    account: &str,
    user: impl Into<Option<UserId>>,
    peer: &Peer,
) -> Result<(), ThrottleError> {
    let judged = app.throttle.check(account, peer.address()).await;
    if let Err(ThrottleError::Limited(_)) = judged {
        app.audit.log(Entry::of(Kind::SignInThrottled, user), peer);
    }
    judged
}

/// Counts a wrong password and writes it down; the one that reaches the limit, as that too: of those
/// there are fewer than of failures.
pub(super) async fn fail(
    app: &App,
    account: &str,
    entry: Entry<'_>,
    peer: &Peer,
) -> Result<(), Error> {
    let counted = app.throttle.record_failure(account, peer.address()).await;
    let throttled = Entry { kind: Kind::SignInThrottled, ..entry };
    if let Err(ThrottleError::Limited(_)) = counted {
        app.audit.log(throttled, peer);
    }
    let judged = app.throttle.check(account, peer.address()).await;
    let is_last = counted.is_ok() && matches!(judged, Err(ThrottleError::Limited(_)));
    let mut tx = app.database.begin().await?;
    app.audit.write(&mut tx, entry, peer, app.now()).await?;
    if is_last {
        app.audit.write(&mut tx, throttled, peer, app.now()).await?;
    }
    tx.commit().await?;
    Ok(counted?)
}

/// Writes down a refusal, in a transaction that has nothing else in it.
pub(super) async fn refuse(app: &App, entry: Entry<'_>, peer: &Peer) -> Result<(), sqlx::Error> {
    let mut tx = app.database.begin().await?;
    app.audit.write(&mut tx, entry, peer, app.now()).await?;
    tx.commit().await
}
