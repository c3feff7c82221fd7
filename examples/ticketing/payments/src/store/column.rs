//! Columns that hold more than a text or a number.

use std::{error::Error, str::FromStr};

use sqlx::{Row, any::AnyRow};
use ticketing_contracts::{Timestamp, order::OrderStatus, payment::PaymentStatus};

/// Reads a column with the text of an id or a currency.
pub(super) fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error: T::Err| broken(column, error.into()))
}

/// Reads a column with a time.
pub(super) fn time(row: &AnyRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    row.try_get(column).map(Timestamp::from_millis)
}

/// Returns the text of a status of a payment.
pub(super) const fn payment_status(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Pending => "pending",
        PaymentStatus::Processing => "processing",
        PaymentStatus::RequiresAction => "requires_action",
        PaymentStatus::Succeeded => "succeeded",
        PaymentStatus::Failed => "failed",
        PaymentStatus::Refunding => "refunding",
        PaymentStatus::Refunded => "refunded",
    }
}

/// Reads the status of a payment.
pub(super) fn read_payment_status(row: &AnyRow) -> Result<PaymentStatus, sqlx::Error> {
    let text: String = row.try_get("status")?;
    Ok(match text.as_str() {
        "pending" => PaymentStatus::Pending,
        "processing" => PaymentStatus::Processing,
        "requires_action" => PaymentStatus::RequiresAction,
        "succeeded" => PaymentStatus::Succeeded,
        "failed" => PaymentStatus::Failed,
        "refunding" => PaymentStatus::Refunding,
        "refunded" => PaymentStatus::Refunded,
        _ => return Err(broken("status", format!("{text:?} is no status").into())),
    })
}

/// Returns the text of a status of an order.
pub(super) const fn order_status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Created => "created",
        OrderStatus::AwaitingPayment => "awaiting_payment",
        OrderStatus::Complete => "complete",
        OrderStatus::Cancelled => "cancelled",
        OrderStatus::Expired => "expired",
        OrderStatus::Refunded => "refunded",
    }
}

/// Reads the status of an order.
pub(super) fn read_order_status(row: &AnyRow) -> Result<OrderStatus, sqlx::Error> {
    let text: String = row.try_get("status")?;
    Ok(match text.as_str() {
        "created" => OrderStatus::Created,
        "awaiting_payment" => OrderStatus::AwaitingPayment,
        "complete" => OrderStatus::Complete,
        "cancelled" => OrderStatus::Cancelled,
        "expired" => OrderStatus::Expired,
        "refunded" => OrderStatus::Refunded,
        _ => return Err(broken("status", format!("{text:?} is no status").into())),
    })
}

fn broken(column: &str, source: Box<dyn Error + Send + Sync>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source }
}
