//! The webhooks of the built-in provider: what is in them, written and read.

use serde::{Deserialize, Serialize};
use ticketing_contracts::PaymentId;
use ticketkit_core::{
    FieldError,
    error::{MalformedBody, MalformedJson},
};
use ticketkit_events::Timestamp;
use uuid::Uuid;

use super::books::{self, Entry};
use crate::provider::{ChargeState, Notification, Report, WebhookError};

/// The body of a webhook.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    created: Timestamp,
    charge: Charge,
}

#[derive(Debug, Serialize, Deserialize)]
struct Charge {
    id: String,
    key: PaymentId,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Event {
    pub(super) fn new(entry: &Entry, key: PaymentId, now: Timestamp) -> Self {
        let charge = Charge {
            id: entry.id.clone(),
            key,
            status: entry.status.clone(),
            reason: entry.reason.clone(),
        };
        Self { id: format!("evt_{}", Uuid::now_v7().simple()), created: now, charge }
    }
}

/// Reads a body whose signature is right.
pub(super) fn read(body: &[u8]) -> Result<Notification, WebhookError> {
    let event: Event = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            WebhookError::from(MalformedBody(FieldError::new("must be an event of the provider")))
        } else {
            MalformedJson { line: error.line(), column: error.column() }.into()
        }
    })?;
    let Charge { id, key, status, reason } = event.charge;
    let state = books::state(&status, reason, None)
        .filter(|state| !matches!(state, ChargeState::RequiresAction { .. }))
        .ok_or_else(|| {
            MalformedBody(
                FieldError::new("must be a status of the provider").field("charge.status"),
            )
        })?;
    let report = Some(Report { provider_id: Some(id), state });
    Ok(Notification { id: event.id, payment: key, report })
}
