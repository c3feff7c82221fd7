//! `GET /api/payments`.

use axum::extract::State;
use serde::Deserialize;
use ticketing_contracts::{OrderId, PaymentId};
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::{
    FieldError,
    axum::{Json, Page, Paging, Query},
    error::Validation,
};

use crate::{app::App, domain::PaymentView, error::PaymentError, store::payments};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter {
    order_id: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    user: CurrentUser,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<PaymentView>>, PaymentError> {
    let mut rules = Validation::default();
    let order = filter.order_id.and_then(|id| {
        rules.take(id.parse::<OrderId>().map_err(|error| {
            FieldError::new(error.to_string()).parameter("orderId").code("format")
        }))
    });
    let paging =
        Paging::<PaymentId>::check(filter.after.as_deref(), filter.limit.as_deref(), &mut rules);
    rules.finish()?;
    let reader = app.database.reader();
    let limit = paging.limit;
    let items = payments::list(reader, user.id(), order, paging.after, limit + 1).await?;
    let page = Page::new(items, limit, |attempt| attempt.id.to_string());
    Ok(Json(page.map(|attempt| PaymentView::from(&attempt))))
}
