//! An attempt to pay.

use serde::Serialize;
use ticketing_contracts::{
    Currency, OrderId, PaymentId, Timestamp,
    payment::{Payment, PaymentStatus},
};

use crate::provider::Charge;

/// An attempt to pay for an order: what a payment is inside the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) id: PaymentId,
    pub(crate) version: i64,
    pub(crate) order_id: OrderId,
    pub(crate) user_id: String,
    /// In the minor unit of the currency.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) status: PaymentStatus,
    pub(crate) token: String,
    pub(crate) provider_id: Option<String>,
    pub(crate) client_secret: Option<String>,
    /// Why it failed.
    pub(crate) reason: Option<String>,
    /// Why the money is to go back.
    pub(crate) refund_reason: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) check_at: Option<Timestamp>,
    pub(crate) checks: i64,
}

impl Attempt {
    /// Returns what the provider is told.
    pub(crate) fn charge(&self) -> Charge {
        Charge {
            payment: self.id,
            amount: self.amount,
            currency: self.currency,
            token: self.token.clone(),
            provider_id: self.provider_id.clone(),
            created_at: self.created_at,
        }
    }

    /// Returns the public state, as events carry it.
    pub(crate) fn public(&self) -> Payment {
        Payment {
            id: self.id,
            version: self.version,
            order_id: self.order_id,
            amount: self.amount,
            currency: self.currency,
            status: self.status,
            provider_id: self.provider_id.clone().unwrap_or_default(),
        }
    }
}

/// A payment as its buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentView {
    pub(crate) id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) status: PaymentStatus,
    pub(crate) created_at: Timestamp,
}

impl From<&Attempt> for PaymentView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            id: attempt.id,
            order_id: attempt.order_id,
            amount: attempt.amount,
            currency: attempt.currency,
            status: attempt.status,
            created_at: attempt.created_at,
        }
    }
}
