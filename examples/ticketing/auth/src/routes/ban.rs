use axum::{extract::State, response::IntoResponse};
use serde::Deserialize;
use ticketing_contracts::UserId;
use ticketkit_auth::{axum::AdminUser, revocation::Revocation};
use ticketkit_core::{
    axum::{Json, PathId, present},
    error::NotFound,
};

use super::{AppState, document::BanDocument, user_id, wait::Wait};
use crate::{
    audit::{Entry, Kind},
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
    wait: Wait,
    Json(body): Json<BanBody>,
) -> Result<impl IntoResponse, Error> {
    let now = app.now();
    let order = BanOrder::check(&body.reason, body.until.as_deref(), now)?;
    let id = id.parse()?;
    let actor = user_id(&admin)?;
    if id == actor {
        return Err(Error::CannotBanSelf);
    }

    let mut tx = app.begin(&peer).await?;
    let user = store::bans::impose(tx.conn(), id, &order, now).await?.ok_or(NotFound)?;
    app.sessions.end_all(&mut tx, &id.to_string()).await?;
    let entry = Entry::of(Kind::Banned, id).by(actor).because(order.reason.as_str());
    app.audit.write(&mut tx, entry, &peer, now).await?;
    let news = news(&user, now.as_millis());
    let position = app.publish_revocation(&mut tx, &user, &news, wait.is_asked()).await?;
    app.commit(tx, vec![news]).await?;
    let reach = wait.reach(&app, position).await;
    Ok((wait, Json(BanDocument::new(&user, now).reaching(reach))))
}

/// `DELETE /api/users/{id}/ban`; of a user who is not banned it changes nothing
pub(super) async fn lift(
    admin: AdminUser,
    id: PathId<UserId>,
    State(app): AppState,
    peer: Peer,
    wait: Wait,
) -> Result<impl IntoResponse, Error> {
    let id = id.parse()?;
    let actor = user_id(&admin)?;
    let now = app.now();

    let mut tx = app.begin(&peer).await?;
    let Some(user) = store::bans::lift(tx.conn(), id, now).await? else {
        tx.rollback().await?;
        let user = store::users::find(app.database.reader(), id).await?.ok_or(NotFound)?;
        return Ok((wait, Json(BanDocument::new(&user, now))));
    };
    app.audit.write(&mut tx, Entry::of(Kind::Unbanned, id).by(actor), &peer, now).await?;
    let news = news(&user, now.as_millis());
    let position = app.publish_revocation(&mut tx, &user, &news, wait.is_asked()).await?;
    app.commit(tx, vec![news]).await?;
    let reach = wait.reach(&app, position).await;
    Ok((wait, Json(BanDocument::new(&user, now).reaching(reach))))
}

fn news(user: &User, at: i64) -> Revocation {
    let (id, ban) = (user.id.to_string(), user.ban.news());
    Revocation::User { user: id, min_epoch: user.epoch, ban: Some(ban), at }
}
