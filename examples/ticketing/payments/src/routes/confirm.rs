//! `POST /api/payments/{id}/confirm`.

use std::error::Error;

use axum::{Extension, extract::State};
use serde::{Deserialize, Serialize};
use ticketing_contracts::{PaymentId, payment::PaymentStatus};
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::{
    RequestId,
    axum::{Json, PathId},
    error::{Forbidden, NotFound},
};
use tracing::Instrument;

use crate::{
    app::{App, ask},
    domain::{Attempt, PaymentView},
    error::PaymentError,
    settle::settle,
    store::{orders, payments},
};

#[derive(Debug, Deserialize)]
pub(super) struct Body {}

/// The payment, and what the client needs where the buyer still has to do something: it may have
/// lost the secret that the payment was answered with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Confirmed {
    #[serde(flatten)]
    payment: PaymentView,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

impl From<&Attempt> for Confirmed {
    fn from(attempt: &Attempt) -> Self {
        let waits = attempt.status == PaymentStatus::RequiresAction;
        let client_secret = attempt.client_secret.clone().filter(|_| waits);
        Self { payment: PaymentView::from(attempt), client_secret }
    }
}

pub(super) async fn confirm(
    State(app): State<App>,
    user: CurrentUser,
    Extension(request): Extension<RequestId>,
    id: PathId<PaymentId>,
    Json(Body {}): Json<Body>,
) -> Result<Json<Confirmed>, PaymentError> {
    let id = id.parse()?;
    let attempt = payments::find(app.database.reader(), id).await?.ok_or(NotFound)?;
    if attempt.user_id != user.id() {
        return Err(Forbidden.into());
    }
    match attempt.status {
        PaymentStatus::Pending => Err(PaymentError::InProgress),
        PaymentStatus::Failed => Err(PaymentError::NotConfirmable),
        PaymentStatus::RequiresAction => {
            may_be_paid(&app, &attempt).await?;
            // A task of its own: it goes on where the client does not wait for its end.
            let confirmed = async move { ask_provider(&app, request, attempt).await };
            let confirmed = tokio::spawn(confirmed.in_current_span()).await??;
            Ok(Json(Confirmed::from(&confirmed)))
        }
        // It was confirmed before; a second time is as good as once.
        PaymentStatus::Processing
        | PaymentStatus::Succeeded
        | PaymentStatus::Refunding
        | PaymentStatus::Refunded => Ok(Json(Confirmed::from(&attempt))),
    }
}

/// Checks that the order still waits for the money, by the one clock.
async fn may_be_paid(app: &App, attempt: &Attempt) -> Result<(), PaymentError> {
    let order = orders::find(app.database.reader(), attempt.order_id).await?.ok_or(NotFound)?;
    order.payable(app.clock.now())
}

async fn ask_provider(
    app: &App,
    request: RequestId,
    attempt: Attempt,
) -> Result<Attempt, PaymentError> {
    let charge = attempt.charge();
    let report = ask(app.provider.confirm(&charge)).await.map_err(|error| {
        let error: &dyn Error = &error;
        tracing::warn!(payment = %attempt.id, error, "the answer to a confirmation was lost");
    });
    let mut tx = app.begin(request).await?;
    let attempt = match report {
        Ok(report) => settle(app, &mut tx, attempt.id, &report).await?,
        Err(()) => {
            payments::check(&mut tx, attempt.id, app.clock.now()).await?;
            attempt
        }
    };
    tx.commit().await?;
    Ok(attempt)
}
