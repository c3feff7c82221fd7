use axum::response::{IntoResponse, Response};
use serde::Serialize;
use ticketing_contracts::{Currency, OrderId, TicketId, UserId, ticket::TicketStatus};
use ticketkit_auth::User;
use ticketkit_core::axum::{Json, etag};

use super::id_of;
use crate::domain::Ticket;

/// A ticket as a caller may see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TicketView {
    id: TicketId,
    title: String,
    price: i64,
    currency: Currency,
    user_id: UserId,
    status: TicketStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    version: i64,
}

impl TicketView {
    /// Shows a ticket: its order to the seller, the buyer and administrators alone.
    pub(super) fn new(ticket: &Ticket, viewer: Option<&User>) -> Self {
        let id = viewer.and_then(|user| id_of(user).ok());
        let hold = ticket.hold().filter(|hold| {
            id == Some(ticket.seller)
                || id == Some(hold.buyer)
                || viewer.is_some_and(|user| user.has_role("admin"))
        });
        let public = ticket.to_contract();
        Self {
            id: public.id,
            title: public.title,
            price: public.price,
            currency: public.currency,
            user_id: public.user_id,
            status: public.status,
            order_id: hold.map(|hold| hold.order),
            version: public.version,
        }
    }
}

/// A single ticket, with its version as the `ETag`.
impl IntoResponse for TicketView {
    fn into_response(self) -> Response {
        ([etag(self.version)], Json(self)).into_response()
    }
}
