use axum::{extract::State, response::IntoResponse};
use serde::Deserialize;
use {{ project.snake }}_contracts::UserId;
use ticketkit_auth::{axum::AdminUser, revocation::Revocation};
use ticketkit_core::{
    axum::{Json, PathId, present},
    error::NotFound,
};

use super::{AppState, document::BanDocument, id_of};
use crate::{
    domain::{BanOrder, User},
    error::Error,
    peer::Peer,
    store,
};

#[derive(Deserialize)]
pub(super) struct BanBody {
    reason: String,
    #[serde(default, deserialize_with = "present")]
    until: Option<String>,
}

/// `PUT /api/users/{id}/ban`; on a banned user it replaces reason and end
pub(super) async fn impose(
    admin: AdminUser,
    id: PathId<UserId>,
    State(app): AppState,
    peer: Peer,
    Json(body): Json<BanBody>,
) -> Result<impl IntoResponse, Error> {
    let now = app.now();
    let order = BanOrder::check(&body.reason, body.until.as_deref(), now)?;
    let id = id.parse()?;
    let actor = id_of(&admin)?;
    if id == actor {
        return Err(Error::CannotBanSelf);
    }

    let mut tx = app.begin(&peer).await?;
    let user = store::bans::impose(tx.conn(), id, &order, now).await?.ok_or(NotFound)?;
    store::sessions::end_all(tx.conn(), id).await?;
    let news = news(&user, now.as_millis());
    app.publish_revocation(&mut tx, &user, &news).await?;
    app.commit(tx, news).await?;
    tracing::info!(user = %id, by = %actor, "banned");
    Ok(Json(BanDocument::new(&user, now)))
}

/// `DELETE /api/users/{id}/ban`; of a user who is not banned it changes nothing
pub(super) async fn lift(
    admin: AdminUser,
    id: PathId<UserId>,
    State(app): AppState,
    peer: Peer,
) -> Result<impl IntoResponse, Error> {
    let id = id.parse()?;
    let actor = id_of(&admin)?;
    let now = app.now();

    let mut tx = app.begin(&peer).await?;
    let Some(user) = store::bans::lift(tx.conn(), id, now).await? else {
        tx.rollback().await?;
        let user = store::users::find(app.database.reader(), id).await?.ok_or(NotFound)?;
        return Ok(Json(BanDocument::new(&user, now)));
    };
    let news = news(&user, now.as_millis());
    app.publish_revocation(&mut tx, &user, &news).await?;
    app.commit(tx, news).await?;
    tracing::info!(user = %id, by = %actor, "unbanned");
    Ok(Json(BanDocument::new(&user, now)))
}

fn news(user: &User, at: i64) -> Revocation {
    let (id, ban) = (user.id.to_string(), user.ban.news());
    Revocation::User { user: id, min_epoch: user.epoch, ban: Some(ban), at }
}
