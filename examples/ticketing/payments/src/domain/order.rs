//! An order, as far as payments knows it.

use ticketing_contracts::{
    Currency, OrderId, Timestamp,
    order::{Order, OrderStatus},
};

use crate::error::PaymentError;

/// What payments knows of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownOrder {
    pub(crate) id: OrderId,
    pub(crate) version: i64,
    pub(crate) user_id: String,
    pub(crate) status: OrderStatus,
    /// In the minor unit of the currency.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) expires_at: Timestamp,
}

impl KnownOrder {
    /// Tells whether money may be taken for it, by the one clock.
    pub(crate) fn payable(&self, now: Timestamp) -> Result<(), PaymentError> {
        match self.status {
            OrderStatus::AwaitingPayment if now >= self.expires_at => {
                Err(PaymentError::OrderExpired)
            }
            OrderStatus::AwaitingPayment => Ok(()),
            OrderStatus::Expired => Err(PaymentError::OrderExpired),
            OrderStatus::Complete => Err(PaymentError::AlreadyPaid),
            OrderStatus::Created => Err(PaymentError::OrderNotPayable("not confirmed yet")),
            OrderStatus::Cancelled => Err(PaymentError::OrderNotPayable("cancelled")),
            OrderStatus::Refunded => Err(PaymentError::OrderNotPayable("refunded")),
        }
    }
}

impl From<Order> for KnownOrder {
    fn from(order: Order) -> Self {
        Self {
            id: order.id,
            version: order.version,
            user_id: order.user_id.to_string(),
            status: order.status,
            amount: order.ticket.price,
            currency: order.ticket.currency,
            expires_at: order.expires_at,
        }
    }
}
