//! `POST /api/payments`.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use ticketing_contracts::OrderId;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::{FieldError, RequestId, axum::Json, error::Validation};
use tracing::Instrument;

use crate::{
    app::App,
    attempt::{self, Outcome, Request},
    domain::{Answer, IdempotencyKey},
    error::PaymentError,
    provider::Provider,
};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    order_id: OrderId,
    token: String,
}

pub(super) async fn pay(
    State(app): State<App>,
    user: CurrentUser,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Result<Response, PaymentError> {
    let request = check(&*app.provider, &user, id, &headers, body)?;
    // A task of its own: an attempt goes on where the client does not wait for its end.
    let paid = async move { attempt::pay(&app, &request).await };
    Ok(respond(tokio::spawn(paid.in_current_span()).await??))
}

/// Checks the values, all of them at once.
fn check(
    provider: &dyn Provider,
    user: &CurrentUser,
    id: RequestId,
    headers: &HeaderMap,
    body: Body,
) -> Result<Request, Validation> {
    let mut rules = Validation::default();
    let key = rules.take(IdempotencyKey::of(headers)).flatten();
    rules.check(provider.knows(&body.token), unknown_token);
    rules.finish()?;
    let Body { order_id: order, token } = body;
    Ok(Request { id, user: user.id().to_owned(), key, order, token })
}

fn unknown_token() -> FieldError {
    let text = "must be a payment method of the provider, such as pm_card_visa";
    FieldError::new(text).field("token").code("unknown")
}

fn respond(Outcome { answer, replayed }: Outcome) -> Response {
    let mut response = match answer {
        Answer::Paid(body) => {
            let json = HeaderValue::from_static("application/json");
            (StatusCode::CREATED, [(header::CONTENT_TYPE, json)], body).into_response()
        }
        Answer::Declined => PaymentError::Declined.into_response(),
        Answer::UnknownToken => {
            let mut rules = Validation::default();
            rules.add(unknown_token());
            PaymentError::from(rules).into_response()
        }
    };
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}
