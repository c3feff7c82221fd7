//! What a request to pay is answered with, once or again.

use serde::Serialize;
use ticketing_contracts::{OrderId, PaymentId, payment::PaymentStatus};

use super::Attempt;
use crate::{error::PaymentError, provider::UNKNOWN_TOKEN};

/// The answer to a request to pay, as it is kept for its idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 201, with these bytes.
    Paid(String),
    /// 402 `payment_declined`.
    Declined,
    /// 422: the provider does not know the token, whose form was right.
    UnknownToken,
}

/// The body of a 201.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Paid {
    id: PaymentId,
    order_id: OrderId,
    status: PaymentStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

impl Answer {
    /// Makes the answer that an attempt has come to.
    pub(crate) fn of(attempt: &Attempt) -> Result<Self, PaymentError> {
        let status = match attempt.status {
            PaymentStatus::Pending => return Err(PaymentError::InProgress),
            PaymentStatus::Failed if attempt.reason.as_deref() == Some(UNKNOWN_TOKEN) => {
                return Ok(Self::UnknownToken);
            }
            PaymentStatus::Failed => return Ok(Self::Declined),
            // It did succeed; what became of it later is in the list.
            PaymentStatus::Refunding | PaymentStatus::Refunded => PaymentStatus::Succeeded,
            status => status,
        };
        let client_secret = attempt.client_secret.clone();
        let client_secret = client_secret.filter(|_| status == PaymentStatus::RequiresAction);
        let paid = Paid { id: attempt.id, order_id: attempt.order_id, status, client_secret };
        Ok(Self::Paid(serde_json::to_string(&paid)?))
    }

    /// Returns the status and the body, as columns.
    pub(crate) fn columns(&self) -> (i64, &str) {
        match self {
            Self::Paid(body) => (201, body),
            Self::Declined => (402, ""),
            Self::UnknownToken => (422, ""),
        }
    }

    /// Reads it back from columns.
    pub(crate) fn from_columns(status: i64, body: String) -> Self {
        match status {
            402 => Self::Declined,
            422 => Self::UnknownToken,
            _ => Self::Paid(body),
        }
    }
}
