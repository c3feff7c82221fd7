use axum::{extract::State, http::StatusCode, response::IntoResponse};
use {{ project.snake }}_contracts::{UserCreated, UserId};
use ticketkit_auth::password::Password;
use ticketkit_core::{axum::Json, error::Validation};

use super::{
    AppState,
    document::{Credentials, UserDocument},
};
use crate::{
    domain::{ADMIN, Email},
    error::Error,
    peer::Peer,
    store,
};

/// `POST /api/users/signup`
pub(super) async fn sign_up(
    State(app): AppState,
    peer: Peer,
    Json(body): Json<Credentials>,
) -> Result<impl IntoResponse, Error> {
    let mut rules = Validation::default();
    let email = rules.take(Email::parse(&body.email));
    let password = Password::new(body.password).map_err(|weak| weak.field_error("password"));
    let password = rules.take(password);
    rules.finish()?;
    // Both are there where no rule is broken.
    let (Some(email), Some(password)) = (email, password) else {
        return Err(Validation::default().into());
    };

    // Only to spare the hash: the unique index decides.
    if store::users::is_taken(app.database.reader(), &email).await? {
        return Err(Error::EmailInUse);
    }
    let hash = app.hasher.hash(password).await?;

    let is_admin = app.admin.as_ref().is_some_and(|admin| admin.folded() == email.folded());
    let roles = if is_admin { &[ADMIN][..] } else { &[] };
    let now = app.now();
    let mut tx = app.begin(&peer).await?;
    let user = store::users::insert(tx.conn(), UserId::new(), &email, &hash, roles, now)
        .await?
        .ok_or(Error::EmailInUse)?;
    let cookies = app.start_session(&mut tx, &user).await?;
    let event = UserCreated { user_id: user.id.as_uuid(), email: user.email.clone() };
    app.publisher.publish(&mut tx, &event).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, cookies, Json(UserDocument::from(&user))))
}
