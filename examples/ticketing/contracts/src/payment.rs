//! What payments tells of payments. The ordering key is the order, whose fate they decide.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ticketkit_events::Event;

use crate::{Currency, OrderId, PaymentId};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Recorded; the provider was not asked yet, or its answer is not known.
    Pending,
    /// The provider works on it.
    Processing,
    /// The buyer has to do something.
    RequiresAction,
    /// The money is there.
    Succeeded,
    /// The provider refused.
    Failed,
    /// The money is on its way back.
    Refunding,
    /// The money is back.
    Refunded,
}

/// The public state of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    pub id: PaymentId,
    /// Counts every change, from 1.
    pub version: i64,
    pub order_id: OrderId,
    /// In the minor unit of the currency.
    pub amount: i64,
    pub currency: Currency,
    pub status: PaymentStatus,
    /// The provider's name of the payment.
    pub provider_id: String,
}

/// A payment succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "payment.created", version = 1, key = "payment.order_id")]
pub struct PaymentCreated {
    #[serde(flatten)]
    pub payment: Payment,
}

/// A payment failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "payment.failed", version = 1, key = "payment.order_id")]
pub struct PaymentFailed {
    #[serde(flatten)]
    pub payment: Payment,
    pub reason: String,
}

/// A payment was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "payment.refunded", version = 1, key = "payment.order_id")]
pub struct PaymentRefunded {
    #[serde(flatten)]
    pub payment: Payment,
    pub reason: String,
}
