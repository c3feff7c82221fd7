use axum::{extract::State, response::IntoResponse};
use serde::Deserialize;
use {{ project.snake }}_contracts::UserId;
use ticketkit_auth::axum::AdminUser;
use ticketkit_core::{
    FieldError,
    axum::{Json, Page, Paging, Query},
    error::Validation,
};

use super::{AppState, document::AccountDocument};
use crate::{error::Error, store};

/// The longest text to search for, in characters.
const LONGEST_SEARCH: usize = 100;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    q: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

/// `GET /api/users`, newest first
pub(super) async fn list(
    _: AdminUser,
    State(app): AppState,
    Query(query): Query<ListQuery>,
) -> Result<impl IntoResponse, Error> {
    let mut rules = Validation::default();
    let part = query.q.unwrap_or_default();
    rules.check(part.chars().count() <= LONGEST_SEARCH, || {
        let message = format!("must be at most {LONGEST_SEARCH} characters long");
        FieldError::new(message).parameter("q").code("length")
    });
    rules.check(!part.contains(char::is_control), || {
        FieldError::new("must not have control characters").parameter("q").code("format")
    });
    let paging =
        Paging::<UserId>::check(query.after.as_deref(), query.limit.as_deref(), &mut rules);
    rules.finish()?;
    let found =
        store::users::list(app.database.reader(), &part, paging.after, paging.limit + 1).await?;
    let now = app.now();
    let page = Page::new(found, paging.limit, |user| user.id.to_string());
    Ok(Json(page.map(|user| AccountDocument::new(&user, now))))
}
