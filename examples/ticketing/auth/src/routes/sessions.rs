use axum::{extract::State, response::IntoResponse};
use http::StatusCode;
use serde::Deserialize;
use ticketing_contracts::SessionId;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::{
    axum::{Json, Page, Paging, PathId, Query},
    error::{NotFound, Validation},
};

use super::{AppState, document::SessionDocument, user_id};
use crate::{
    audit::{Entry, Kind},
    error::Error,
    peer::Peer,
};

#[derive(Deserialize)]
pub(super) struct ListQuery {
    after: Option<String>,
    limit: Option<String>,
}

/// `GET /api/users/sessions`, newest first
pub(super) async fn list(
    caller: CurrentUser,
    State(app): AppState,
    Query(query): Query<ListQuery>,
) -> Result<impl IntoResponse, Error> {
    let mut rules = Validation::default();
    let paging =
        Paging::<SessionId>::check(query.after.as_deref(), query.limit.as_deref(), &mut rules);
    rules.finish()?;
    let after = paging.after.map(|after| after.to_string());
    let sessions = app.sessions.list(caller.id(), after.as_deref(), paging.limit + 1).await?;
    let page = Page::new(sessions, paging.limit, |session| session.id().to_owned());
    Ok(Json(page.map(|session| SessionDocument::new(session, caller.session_id()))))
}

/// `DELETE /api/users/sessions/{sid}`
///
/// The session of someone else is not there, whoever asks.
pub(super) async fn end(
    caller: CurrentUser,
    sid: PathId<SessionId>,
    State(app): AppState,
    peer: Peer,
) -> Result<impl IntoResponse, Error> {
    let (user, session) = (user_id(&caller)?, sid.parse()?);
    let now = app.now();
    let mut tx = app.begin(&peer).await?;
    if !app.sessions.end_own(&mut tx, caller.id(), &session.to_string()).await? {
        return Err(NotFound.into());
    }
    let news = app.publish_ended(&mut tx, user, session).await?;
    app.audit.write(&mut tx, Entry::of(Kind::SessionEnded, user), &peer, now).await?;
    app.commit(tx, vec![news]).await?;
    Ok(StatusCode::NO_CONTENT)
}
