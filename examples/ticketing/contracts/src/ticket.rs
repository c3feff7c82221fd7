//! What tickets tells of tickets. Each event has the whole ticket after the change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ticketkit_events::Event;

use crate::{Currency, OrderId, TicketId, UserId};

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Anyone but the seller can order it.
    Available,
    /// Locked for one order.
    Reserved,
    /// Paid by one order.
    Sold,
    /// Taken off the market by its seller, or by a ban.
    Withdrawn,
}

/// The public state of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    pub id: TicketId,
    /// Counts every change, from 1.
    pub version: i64,
    pub title: String,
    /// In the minor unit of the currency.
    pub price: i64,
    pub currency: Currency,
    /// The seller.
    pub user_id: UserId,
    pub status: TicketStatus,
    /// The order that it is reserved for, or sold to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
}

/// A ticket was put on sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "ticket.created", version = 1, key = "ticket.id")]
pub struct TicketCreated {
    #[serde(flatten)]
    pub ticket: Ticket,
}

/// Its seller changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "ticket.updated", version = 1, key = "ticket.id")]
pub struct TicketUpdated {
    #[serde(flatten)]
    pub ticket: Ticket,
}

/// It is off the market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "ticket.withdrawn", version = 1, key = "ticket.id")]
pub struct TicketWithdrawn {
    #[serde(flatten)]
    pub ticket: Ticket,
}

/// The lock for an order is confirmed; `ticket.order_id` names the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "ticket.reserved", version = 1, key = "ticket.id")]
pub struct TicketReserved {
    #[serde(flatten)]
    pub ticket: Ticket,
}

/// Why an order got no lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RejectionReason {
    /// It is locked for another order.
    TicketReserved,
    /// It is sold.
    TicketSold,
    /// It is off the market.
    TicketWithdrawn,
    /// It is no longer at the version and price that the buyer saw.
    PriceChanged,
    /// There is no such ticket.
    NotFound,
}

/// An order got no lock; the ticket did not change, so there is no new version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "ticket.reservation_rejected", version = 1, key = "id")]
#[serde(rename_all = "camelCase")]
pub struct TicketReservationRejected {
    pub id: TicketId,
    /// The version of the ticket, 0 where there is none.
    pub version: i64,
    pub order_id: OrderId,
    pub reason: RejectionReason,
}

/// It is available again: the order that had it is over, or was refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "ticket.released", version = 1, key = "ticket.id")]
#[serde(rename_all = "camelCase")]
pub struct TicketReleased {
    #[serde(flatten)]
    pub ticket: Ticket,
    /// The order that had it.
    pub released_order_id: OrderId,
}

/// It is sold; `ticket.order_id` names the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "ticket.sold", version = 1, key = "ticket.id")]
pub struct TicketSold {
    #[serde(flatten)]
    pub ticket: Ticket,
}
