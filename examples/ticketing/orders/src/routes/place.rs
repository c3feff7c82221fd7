use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use ticketing_contracts::TicketId;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::{RequestId, axum::Json};
use ticketkit_events::Causation;

use super::{OrderView, id_of};
use crate::{Error, app::App};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewOrder {
    ticket_id: TicketId,
}

/// `POST /api/orders`
pub(super) async fn place(
    user: CurrentUser,
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    Json(body): Json<NewOrder>,
) -> Result<impl IntoResponse, Error> {
    let causation = Causation::correlated(request.to_string()).in_current_trace();
    let order = app.place(id_of(&user)?, body.ticket_id, causation).await?;
    let location = [(header::LOCATION, format!("/api/orders/{}", order.id))];
    Ok((StatusCode::CREATED, location, OrderView::from(&order)))
}
