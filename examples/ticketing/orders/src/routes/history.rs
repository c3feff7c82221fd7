use axum::extract::State;
use serde::Serialize;
use ticketing_contracts::{OrderId, PaymentId, Timestamp, UserId};
use ticketkit_auth::axum::AdminUser;
use ticketkit_core::{
    axum::{Json, PathId},
    error::NotFound,
};

use crate::{
    Error,
    app::App,
    store::{self, history::Entry},
};

#[derive(Debug, Serialize)]
pub(super) struct History {
    items: Vec<EntryView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryView {
    at: Timestamp,
    kind: String,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<PaymentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<UserId>,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        Self {
            at: entry.at,
            kind: entry.kind,
            version: entry.version,
            reason: entry.reason,
            payment_id: entry.payment,
            actor_id: entry.actor,
        }
    }
}

/// `GET /api/orders/{id}/history`: all that happened to an order, oldest first.
pub(super) async fn history(
    _admin: AdminUser,
    State(app): State<App>,
    id: PathId<OrderId>,
) -> Result<Json<History>, Error> {
    let id = id.parse()?;
    store::orders::find(app.database.reader(), id).await?.ok_or(NotFound)?;
    let entries = store::history::of(&app.database, id).await?;
    Ok(Json(History { items: entries.into_iter().map(EntryView::from).collect() }))
}
