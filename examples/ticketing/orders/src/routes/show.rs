use axum::extract::State;
use ticketing_contracts::OrderId;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::axum::PathId;

use super::{OrderView, readable};
use crate::{Error, app::App};

/// `GET /api/orders/{id}`
pub(super) async fn show(
    user: CurrentUser,
    State(app): State<App>,
    id: PathId<OrderId>,
) -> Result<OrderView, Error> {
    let id = id.parse()?;
    Ok(OrderView::from(&readable(&app, id, &user).await?))
}
