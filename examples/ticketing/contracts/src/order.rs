//! What orders tells of orders. Each event has the whole order after the change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ticketkit_events::{Event, Timestamp};

use crate::{Currency, OrderId, PaymentId, TicketId, UserId};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The order exists; the lock is not confirmed yet.
    Created,
    /// The ticket is locked for it.
    AwaitingPayment,
    /// Paid.
    Complete,
    /// Ended before it was paid, for a reason.
    Cancelled,
    /// The hold was over before it was paid.
    Expired,
    /// Paid, and the money given back.
    Refunded,
}

impl OrderStatus {
    /// Tells whether the order still holds its ticket without being paid.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::AwaitingPayment)
    }
}

/// The ticket as the buyer saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderedTicket {
    pub id: TicketId,
    pub version: i64,
    pub title: String,
    /// In the minor unit of the currency.
    pub price: i64,
    pub currency: Currency,
}

/// The public state of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub id: OrderId,
    /// Counts every change, from 1.
    pub version: i64,
    /// The buyer.
    pub user_id: UserId,
    pub status: OrderStatus,
    /// Why it was cancelled: `buyer`, `price_changed`, `ticket_sold`, `user_banned`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub expires_at: Timestamp,
    pub ticket: OrderedTicket,
    /// The payment that completed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
}

macro_rules! order_events {
    ($($(#[$doc:meta])* $name:ident = $subject:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
        #[event(subject = $subject, version = 1, key = "order.id")]
        pub struct $name {
            #[serde(flatten)]
            pub order: Order,
        }
    )*};
}

order_events! {
    /// A buyer ordered a ticket; tickets is asked for the lock.
    OrderCreated = "order.created",
    /// The lock is confirmed, and the hold runs until `expires_at`.
    OrderAwaitingPayment = "order.awaiting_payment",
    /// It ended before it was paid; `reason` says why.
    OrderCancelled = "order.cancelled",
    /// The hold was over before it was paid.
    OrderExpired = "order.expired",
    /// It is paid; `payment_id` names the payment.
    OrderCompleted = "order.completed",
    /// The money was given back.
    OrderRefunded = "order.refunded",
}

/// A payment is to be given back: an administrator asked, or the order can no longer complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "order.refund_requested", version = 1, key = "id")]
#[serde(rename_all = "camelCase")]
pub struct OrderRefundRequested {
    /// The order.
    pub id: OrderId,
    /// The version of the order.
    pub version: i64,
    pub payment_id: PaymentId,
    pub reason: String,
}
