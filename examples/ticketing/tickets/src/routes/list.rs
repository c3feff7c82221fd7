use axum::extract::State;
use serde::Deserialize;
use ticketing_contracts::TicketId;
use ticketkit_auth::axum::{CurrentUser, OptionalUser};
use ticketkit_core::{
    axum::{Json, Page, Paging, Query},
    error::Validation,
};

use super::{TicketView, id_of};
use crate::{Error, app::App, domain::Search, store};

#[derive(Debug, Deserialize)]
pub(super) struct MarketQuery {
    #[serde(default)]
    q: String,
    after: Option<String>,
    limit: Option<String>,
}

/// `GET /api/tickets`
pub(super) async fn on_sale(
    OptionalUser(user): OptionalUser,
    State(app): State<App>,
    Query(query): Query<MarketQuery>,
) -> Result<Json<Page<TicketView>>, Error> {
    let mut rules = Validation::default();
    let search = rules.take(Search::new(&query.q));
    let paging = paging(query.after.as_deref(), query.limit.as_deref(), &mut rules);
    let (Some(search), []) = (search, rules.errors()) else { return Err(rules.into()) };
    let page = store::tickets::on_sale(&app.database, &search, &paging).await?;
    Ok(Json(page.map(|ticket| TicketView::new(&ticket, user.as_ref()))))
}

#[derive(Debug, Deserialize)]
pub(super) struct PageQuery {
    after: Option<String>,
    limit: Option<String>,
}

/// `GET /api/tickets/mine`
pub(super) async fn mine(
    user: CurrentUser,
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<TicketView>>, Error> {
    let mut rules = Validation::default();
    let paging = paging(query.after.as_deref(), query.limit.as_deref(), &mut rules);
    rules.finish()?;
    let page = store::tickets::of_seller(&app.database, id_of(&user)?, &paging).await?;
    Ok(Json(page.map(|ticket| TicketView::new(&ticket, Some(&user)))))
}

fn paging(after: Option<&str>, limit: Option<&str>, rules: &mut Validation) -> Paging<TicketId> {
    Paging::check(after, limit, rules)
}
