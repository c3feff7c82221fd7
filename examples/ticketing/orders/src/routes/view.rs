use axum::response::{IntoResponse, Response};
use serde::Serialize;
use ticketing_contracts::{
    Currency, OrderId, TicketId, Timestamp, UserId,
    order::{self as contract, OrderStatus},
};
use ticketkit_core::axum::{Json, etag};

use crate::domain::Order;

/// An order as its buyer sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderView {
    id: OrderId,
    user_id: UserId,
    status: OrderStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    expires_at: Timestamp,
    ticket: OrderedTicketView,
    pub(super) version: i64,
}

#[derive(Debug, Serialize)]
struct OrderedTicketView {
    id: TicketId,
    title: String,
    price: i64,
    currency: Currency,
}

impl From<contract::Order> for OrderView {
    fn from(order: contract::Order) -> Self {
        let ticket = order.ticket;
        Self {
            id: order.id,
            user_id: order.user_id,
            status: order.status,
            reason: order.reason,
            expires_at: order.expires_at,
            ticket: OrderedTicketView {
                id: ticket.id,
                title: ticket.title,
                price: ticket.price,
                currency: ticket.currency,
            },
            version: order.version,
        }
    }
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
        order.to_contract().into()
    }
}

/// A single order, with its version as the `ETag`.
impl IntoResponse for OrderView {
    fn into_response(self) -> Response {
        ([etag(self.version)], Json(self)).into_response()
    }
}
