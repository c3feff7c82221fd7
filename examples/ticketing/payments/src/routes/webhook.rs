//! `POST /api/payments/webhook`: what the provider has to say.

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
};
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use ticketkit_core::{
    RequestId,
    axum::{BODY_LIMIT, Json},
    error::PayloadTooLarge,
};

use crate::{
    app::App,
    error::PaymentError,
    provider::Notification,
    settle::settle,
    store::{notifications, payments},
};

#[derive(Debug, Serialize)]
pub(super) struct Received {}

/// Answers 200 only after the commit: until then the provider sends it again.
pub(super) async fn receive(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Json<Received>, PaymentError> {
    let (parts, body) = request.into_parts();
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(PayloadTooLarge { limit: BODY_LIMIT }.into());
    }
    // The signature is over the bytes, so it comes before the content type and the form.
    let body = read(body).await?;
    let now = app.clock.now();
    if let Some(told) = app.provider.read_webhook(&parts.headers, &body, now)? {
        apply(&app, id, &told).await?;
    }
    Ok(Json(Received {}))
}

async fn read(body: Body) -> Result<Vec<u8>, PaymentError> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(PayloadTooLarge { limit: BODY_LIMIT }.into())
        }
        Err(error) => Err(PaymentError::Incomplete(axum::Error::new(error))),
    }
}

async fn apply(app: &App, request: RequestId, told: &Notification) -> Result<(), PaymentError> {
    let mut tx = app.begin(request).await?;
    if !notifications::insert(&mut tx, app.provider.name(), &told.id, app.clock.now()).await? {
        tracing::debug!(event = told.id, "a webhook came again");
        return Ok(());
    }
    if payments::find(tx.conn(), told.payment).await?.is_some() {
        match &told.report {
            Some(report) => drop(settle(app, &mut tx, told.payment, report).await?),
            None => {
                payments::check(&mut tx, told.payment, app.clock.now()).await?;
                app.doubt.notify_one();
            }
        }
    } else {
        // Sending it again would change nothing.
        tracing::warn!(event = told.id, payment = %told.payment, "a webhook of no payment of ours");
    }
    Ok(tx.commit().await?)
}
