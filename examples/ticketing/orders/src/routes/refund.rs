use axum::{Extension, extract::State, http::StatusCode};
use serde::Deserialize;
use ticketing_contracts::OrderId;
use ticketkit_auth::axum::AdminUser;
use ticketkit_core::{
    FieldError, RequestId,
    axum::{Json, PathId},
    error::{NotFound, Validation},
};

use super::{OrderView, id_of};
use crate::{Error, app::App, domain::State as OrderState, store};

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    reason: String,
}

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// `POST /api/orders/{id}/refund`: asks payments for it. Asking again while it is under way changes
/// nothing.
pub(super) async fn refund(
    admin: AdminUser,
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    id: PathId<OrderId>,
    Json(body): Json<Refund>,
) -> Result<(StatusCode, OrderView), Error> {
    let reason = checked(&body.reason)?;
    let (id, by) = (id.parse()?, id_of(&admin)?);
    let mut tx = app.begin(request).await?;
    let order = store::orders::find_to_change(&mut tx, id).await?.ok_or(NotFound)?;
    let OrderState::Complete { payment } = order.state else {
        return Err(Error::NotRefundable);
    };
    app.request_refund(&mut tx, &order, payment, reason, Some(by)).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, OrderView::from(&order)))
}

fn checked(reason: &str) -> Result<&str, Validation> {
    let reason = reason.trim();
    let error = |message, code| Err(FieldError::new(message).field("reason").code(code).into());
    match reason.chars().count() {
        0 => error("must not be empty", "required"),
        1..=LONGEST if reason.chars().any(char::is_control) => {
            error("must not contain control characters", "format")
        }
        1..=LONGEST => Ok(reason),
        _ => error("must have at most 500 characters", "length"),
    }
}
