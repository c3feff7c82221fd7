//! What expiration tells: that a hold is over.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ticketkit_events::Event;

use crate::OrderId;

/// The hold of an order is over. It decides nothing: orders looks whether the order is still open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "expiration.completed", version = 1, key = "order_id")]
#[serde(rename_all = "camelCase")]
pub struct ExpirationCompleted {
    pub order_id: OrderId,
    /// The version of the order that the hold was set for.
    pub version: i64,
}
