use axum::{extract::State, response::IntoResponse};
use serde::{Deserialize, Serialize};
use ticketing_contracts::{Timestamp, UserId};
use ticketkit_auth::axum::AdminUser;
use ticketkit_core::{
    axum::{Json, Page, Paging, PathId, Query},
    error::{NotFound, Validation},
};
use uuid::Uuid;

use super::{AppState, document::AccountDocument};
use crate::{
    error::Error,
    store::{self, audit::Line},
};

#[derive(Deserialize)]
pub(super) struct HistoryQuery {
    after: Option<String>,
    limit: Option<String>,
}

#[derive(Debug, Serialize)]
struct HistoryDocument {
    user: AccountDocument,
    #[serde(flatten)]
    page: Page<LineDocument>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineDocument {
    at: Timestamp,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl From<Line> for LineDocument {
    fn from(line: Line) -> Self {
        let Line { id: _, at, kind, reason, actor, address } = line;
        Self { at, kind, reason, actor_id: actor, address }
    }
}

/// `GET /api/users/{id}/history`: what happened to a user, newest first.
pub(super) async fn history(
    _: AdminUser,
    State(app): AppState,
    Query(query): Query<HistoryQuery>,
    id: PathId<UserId>,
) -> Result<impl IntoResponse, Error> {
    let mut rules = Validation::default();
    let paging = Paging::<Uuid>::check(query.after.as_deref(), query.limit.as_deref(), &mut rules);
    rules.finish()?;
    let id = id.parse()?;
    let reader = app.database.reader();
    let user = store::users::find(reader, id).await?.ok_or(NotFound)?;
    let lines = store::audit::of_user(reader, id, paging.after, paging.limit + 1).await?;
    let page = Page::new(lines, paging.limit, |line| line.id.to_string());
    Ok(Json(HistoryDocument {
        user: AccountDocument::new(&user, app.now()),
        page: page.map(LineDocument::from),
    }))
}
