use axum::{Extension, extract::State, http::StatusCode};
use ticketing_contracts::OrderId;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::{RequestId, axum::PathId, error::NotFound};

use super::id_of;
use crate::{Error, app::App, domain::Reason, store};

/// `DELETE /api/orders/{id}`
pub(super) async fn cancel(
    user: CurrentUser,
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    id: PathId<OrderId>,
) -> Result<StatusCode, Error> {
    let id = id.parse()?;
    let mut tx = app.begin(request).await?;
    let mut order = store::orders::find_to_change(&mut tx, id).await?.ok_or(NotFound)?;
    user.require(order.buyer == id_of(&user)?)?;
    let news = order.cancel(Reason::Buyer).ok_or(Error::NotCancellable)?;
    app.record(&mut tx, &order, news).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
