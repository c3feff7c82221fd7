//! `/`: the tickets for sale.

use std::sync::Arc;

use axum::extract::{Query, State};
use minijinja::context;

use super::List;
use crate::{
    api::{Items, Ticket},
    app::{Answer, App},
    render::data,
    visitor::Visitor,
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(list): Query<List>,
) -> Answer {
    let found: Items<Ticket> = visitor.client.get(list.call("/api/tickets")).await?;
    let context = context! {
        query => list.q.trim(),
        next => list.next("/", found.next.as_deref()),
        first => list.first("/"),
        tickets => data(found.items),
    };
    let query = list.q.trim();
    let title = if query.is_empty() { "Tickets".to_owned() } else { format!("“{query}”") };
    app.page(&visitor, "home.html", &title, context)
}
