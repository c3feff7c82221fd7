use axum::{extract::State, response::IntoResponse};
use serde::Deserialize;
use ticketing_contracts::UserId;
use ticketkit_auth::{AuthError, axum::CurrentUser, password::Verdict, revocation::Revocation};
use ticketkit_core::{axum::Json, error::Validation};

use super::{
    AppState,
    document::Empty,
    sign_in::{check, fail, refuse},
    user_id,
};
use crate::{
    app::App,
    audit::{Entry, Kind},
    domain::{Email, new_password},
    error::{Error, InvalidCredentials},
    peer::Peer,
    store::{self, users::Credentials},
};

/// It has no debug output, so that it is in no log.
#[derive(Deserialize)]
pub(super) struct PasswordChange {
    current: String,
    new: String,
}

/// `PUT /api/users/password`
///
/// All sessions end, this one too: it goes on under a new id, so that nobody who has a copy of its
/// tokens goes on with it.
pub(super) async fn change(
    caller: CurrentUser,
    State(app): AppState,
    peer: Peer,
    Json(body): Json<PasswordChange>,
) -> Result<impl IntoResponse, Error> {
    let mut rules = Validation::default();
    let new = new_password(body.new, "new", &mut rules);
    rules.finish()?;
    let Some(new) = new else { return Err(Validation::default().into()) };
    let id = user_id(&caller)?;

    let verified = verify(&app, &peer, id, caller.email(), body.current).await?;
    let hash = app.hasher.hash(new).await?;

    let now = app.now();
    let mut tx = app.begin(&peer).await?;
    let user = match store::users::change_password(tx.conn(), &verified, &hash, now).await? {
        Some(user) if !user.is_banned(now) => user,
        // The password was changed meanwhile, or the user was banned.
        changed => {
            tx.rollback().await?;
            refuse(&app, Entry::of(Kind::PasswordChangeFailed, id), &peer).await?;
            return Err(match changed {
                Some(_) => AuthError::AccountBanned.into(),
                None => InvalidCredentials.into(),
            });
        }
    };
    app.sessions.end_all(&mut tx, &id.to_string()).await?;
    let cookies = app.start_session(&mut tx, &user, &peer).await?;
    app.audit.write(&mut tx, Entry::of(Kind::PasswordChanged, id), &peer, now).await?;
    let news = Revocation::User {
        user: id.to_string(),
        min_epoch: user.epoch,
        ban: None,
        at: now.as_millis(),
    };
    app.publish_revocation(&mut tx, &user, &news, false).await?;
    app.commit(tx, vec![news]).await?;
    Ok((cookies, Json(Empty {})))
}

/// Checks the present password; whoever has a stolen session guesses no faster than a stranger.
async fn verify(
    app: &App,
    peer: &Peer,
    id: UserId,
    email: &str,
    password: String,
) -> Result<Credentials, Error> {
    let account = Email::fold(email);
    check(app, &account, id, peer).await?;
    let known = store::users::credentials_by_id(app.database.reader(), id)
        .await?
        .ok_or(AuthError::Unauthenticated)?;
    let verdict = app.hasher.verify(password, Some(known.password_hash.clone())).await?;
    if verdict == Verdict::Wrong {
        fail(app, &account, Entry::of(Kind::PasswordChangeFailed, id), peer).await?;
        return Err(InvalidCredentials.into());
    }
    check(app, &account, id, peer).await?;
    Ok(known)
}
