//! The forms on an order's page that pay.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use http::HeaderName;
use serde::Deserialize;
use serde_json::json;

use super::{
    id,
    orders::{path, refuse},
    send_until_known,
};
use crate::{
    app::{Answer, App},
    form::FormView,
    gateway::{Call, Reply},
    visitor::Visitor,
};

#[derive(Debug, Deserialize)]
pub(crate) struct CardForm {
    #[serde(default)]
    token: String,
    /// Made for each page: pressing twice, or again after a break, is one payment.
    #[serde(default)]
    attempt: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Confirmation {
    #[serde(rename = "paymentId", default)]
    payment_id: String,
}

pub(crate) async fn pay(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(order): Path<String>,
    Form(form): Form<CardForm>,
) -> Answer {
    let order = id(&order)?;
    visitor.require_for(&path(order))?;
    let body = json!({ "orderId": order, "token": form.token });
    let mut call = Call::post("/api/payments").json(&body);
    if !form.attempt.is_empty() {
        call = call.header(HeaderName::from_static("idempotency-key"), &form.attempt);
    }
    let sent = send_until_known(&visitor.client, &call, &["not_found"]).await;
    match sent.and_then(Reply::ok) {
        Ok(_) => Ok(Redirect::to(&path(order)).into_response()),
        Err(error) => {
            let view = FormView::new().value("token", &*form.token);
            Err(refuse(&app, &visitor, order, error, view, &["token"]).await)
        }
    }
}

pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(order): Path<String>,
    Form(form): Form<Confirmation>,
) -> Answer {
    let order = id(&order)?;
    visitor.require_for(&path(order))?;
    let payment = id(&form.payment_id)?;
    let call = Call::post(format!("/api/payments/{payment}/confirm")).json(&json!({}));
    match visitor.client.done(&call).await {
        Ok(_) => Ok(Redirect::to(&path(order)).into_response()),
        Err(error) => Err(refuse(&app, &visitor, order, error, FormView::new(), &["token"]).await),
    }
}
