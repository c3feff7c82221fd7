//! `/orders/…`: buying, the order while it is paid, its end, and the receipt.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect},
};
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{List, id, see, send_until_known, tickets};
use crate::{
    api::{HistoryEntry, Items, Order, Payment},
    app::{Answer, App},
    error::Error,
    form::FormView,
    gateway::{Call, Reply},
    render::data,
    visitor::Visitor,
    words,
};

#[derive(Debug, Deserialize)]
pub(crate) struct Purchase {
    #[serde(rename = "ticketId", default)]
    ticket_id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Refund {
    #[serde(default)]
    reason: String,
}

/// A card of the built-in payment provider, which moves no money.
#[derive(Debug, Serialize)]
struct TestCard {
    token: &'static str,
    name: &'static str,
    note: &'static str,
}

const CARDS: [TestCard; 5] = [
    TestCard { token: "pm_card_visa", name: "Visa", note: "Succeeds at once" },
    TestCard { token: "pm_card_chargeDeclined", name: "Empty card", note: "Is declined" },
    TestCard {
        token: "pm_card_authenticationRequired",
        name: "Careful bank",
        note: "Asks you to confirm",
    },
    TestCard { token: "pm_card_processing", name: "Slow bank", note: "Settles after two seconds" },
    TestCard {
        token: "pm_card_timeoutAfterCharge",
        name: "Silent bank",
        note: "Charges and does not tell; found out within ten seconds",
    },
];

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(list): Query<List>,
) -> Answer {
    visitor.require()?;
    let found: Items<Order> = visitor.client.get(list.call("/api/orders")).await?;
    let context = context! {
        next => list.next("/orders", found.next.as_deref()),
        first => list.first("/orders"),
        orders => data(found.items),
    };
    app.page(&visitor, "orders.html", "My orders", context)
}

pub(crate) async fn buy(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form<Purchase>,
) -> Answer {
    let ticket = id(&form.ticket_id)?;
    visitor.require_for(&format!("/tickets/{ticket}"))?;
    let call = Call::post("/api/orders").json(&json!({ "ticketId": ticket }));
    let sent = send_until_known(&visitor.client, &call, &["not_found"]).await;
    match sent.and_then(Reply::json::<Order>) {
        Ok(order) => Ok(Redirect::to(&path(order.id)).into_response()),
        Err(error) => Err(tickets::refuse(&app, &visitor, ticket, error, FormView::new()).await),
    }
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(order): Path<String>,
) -> Answer {
    visitor.require()?;
    let (title, context) = context_of(&app, &visitor, id(&order)?, &FormView::new()).await?;
    app.page(&visitor, "order.html", &title, context)
}

pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(order): Path<String>,
) -> Answer {
    let order = id(&order)?;
    visitor.require_for(&path(order))?;
    let call = Call::delete(format!("/api/orders/{order}"));
    match visitor.client.done(&call).await {
        Ok(_) => Ok(see(&path(order), "order-cancelled")),
        Err(error) => Err(refuse(&app, &visitor, order, error, FormView::new(), &[]).await),
    }
}

pub(crate) async fn refund(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(order): Path<String>,
    Form(form): Form<Refund>,
) -> Answer {
    let order = id(&order)?;
    visitor.require_for(&path(order))?;
    let body = json!({ "reason": form.reason });
    let call = Call::post(format!("/api/orders/{order}/refund")).json(&body);
    match visitor.client.done(&call).await {
        Ok(_) => Ok(see(&path(order), "refund-begun")),
        Err(error) => {
            let view = FormView::new().value("reason", &*form.reason);
            Err(refuse(&app, &visitor, order, error, view, &["reason"]).await)
        }
    }
}

/// What happened to an order, for administrators; the order can be shown without it.
async fn history(visitor: &Visitor, order: Uuid, admin: bool) -> Vec<HistoryEntry> {
    if !admin {
        return Vec::new();
    }
    let call = Call::get(format!("/api/orders/{order}/history"));
    let found: Result<Items<HistoryEntry>, Error> = visitor.client.get(call).await;
    found
        .inspect_err(|error| tracing::warn!(?error, "an order is shown without its history"))
        .map(|found| found.items)
        .unwrap_or_default()
}

/// The page of an order, for those who only typed the address of one of its forms.
pub(crate) async fn back(Path(order): Path<String>) -> Answer {
    Ok(Redirect::to(&path(id(&order)?)).into_response())
}

/// Shows the order again, as it is now, with what is wrong.
pub(super) async fn refuse(
    app: &App,
    visitor: &Visitor,
    order: Uuid,
    error: Error,
    form: FormView,
    fields: &[&str],
) -> Error {
    if !error.belongs_to_the_form() {
        return error;
    }
    match context_of(app, visitor, order, &form.of(&error, fields)).await {
        Ok((title, context)) => app.refuse(error, visitor, "order.html", &title, context),
        Err(error) => error,
    }
}

pub(super) fn path(order: Uuid) -> String {
    format!("/orders/{order}")
}

async fn context_of(
    app: &App,
    visitor: &Visitor,
    order: Uuid,
    form: &FormView,
) -> Result<(String, Value), Error> {
    let user = visitor.require()?;
    let order: Order = visitor.client.get(Call::get(format!("/api/orders/{order}"))).await?;
    // The order can be shown without its payments while that service is away.
    let id = order.id.to_string();
    let payments = Call::get("/api/payments").query(&[("orderId", &id), ("limit", "1")]);
    let payments: Option<Items<Payment>> = visitor
        .client
        .get(payments)
        .await
        .inspect_err(|error| tracing::warn!(?error, "an order is shown without its payments"))
        .ok();
    let payment = payments.and_then(|found| found.items.into_iter().next());
    let history = history(visitor, order.id, user.is_admin()).await;
    let paying = payment
        .as_ref()
        .is_some_and(|payment| matches!(&*payment.status, "pending" | "processing" | "succeeded"));
    let status = &*order.status;
    let expires = order.expires_at.unix_timestamp_nanos() / 1_000_000;
    let yours = user.id == order.user_id;
    let context = context! {
        expires => i64::try_from(expires).unwrap_or(i64::MAX),
        waiting => status == "created" || (status == "awaiting_payment" && paying),
        over => matches!(status, "complete" | "cancelled" | "expired" | "refunded"),
        reason => words::cancelled(order.reason.as_deref()),
        yours,
        refundable => user.is_admin() && status == "complete",
        attempt => Uuid::new_v4().to_string(),
        cards => data(CARDS),
        entry => data(&app.config.card_entry),
        payment => data(payment),
        history => data(history),
        form => data(form),
        order => data(&order),
    };
    Ok((format!("Order: {}", order.ticket.title), context))
}
