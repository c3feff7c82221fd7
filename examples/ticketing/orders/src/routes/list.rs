use axum::extract::State;
use serde::Deserialize;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::{
    axum::{Json, Page, Paging, Query},
    error::Validation,
};

use super::{OrderView, id_of};
use crate::{Error, app::App, store};

#[derive(Debug, Deserialize)]
pub(super) struct PageQuery {
    after: Option<String>,
    limit: Option<String>,
}

/// `GET /api/orders`: the caller's own, also where the caller is an administrator.
pub(super) async fn list(
    user: CurrentUser,
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<OrderView>>, Error> {
    let mut rules = Validation::default();
    let paging = Paging::check(query.after.as_deref(), query.limit.as_deref(), &mut rules);
    rules.finish()?;
    let page = store::orders::of_buyer(&app.database, id_of(&user)?, &paging).await?;
    Ok(Json(page.map(|order| OrderView::from(&order))))
}
