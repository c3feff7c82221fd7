//! What a client is refused with.

use ticketkit_core::{
    ServiceError,
    error::{Forbidden, MalformedBody, MalformedJson, NotFound, PayloadTooLarge, Validation},
};
use ticketkit_events::PublishError;

/// An error of the payments service.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum PaymentError {
    /// No such order or payment, or none that payments has heard of yet.
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    /// It belongs to somebody else.
    #[error(transparent)]
    #[problem(transparent)]
    Forbidden(#[from] Forbidden),
    /// Broken rules.
    #[error(transparent)]
    #[problem(transparent)]
    Validation(#[from] Validation),
    /// The provider refused to charge.
    #[error("the payment was declined")]
    #[problem(
        status = 402,
        code = "payment_declined",
        title = "The payment was declined",
        detail = "Nothing was charged. Try another card."
    )]
    Declined,
    /// The order waits for no payment.
    #[error("the order is {0}")]
    #[problem(
        status = 409,
        code = "order_not_payable",
        title = "The order cannot be paid",
        detail = "The order is not waiting for a payment."
    )]
    OrderNotPayable(&'static str),
    /// The order has its payment.
    #[error("the order is paid")]
    #[problem(
        status = 409,
        code = "already_paid",
        title = "The order is paid already",
        detail = "Nothing was charged this time."
    )]
    AlreadyPaid,
    /// The hold is over.
    #[error("the order has expired")]
    #[problem(
        status = 409,
        code = "order_expired",
        title = "The order has expired",
        detail = "The time to pay is over, and nothing was charged."
    )]
    OrderExpired,
    /// Another attempt for the order is under way.
    #[error("a payment is under way")]
    #[problem(
        status = 409,
        code = "payment_in_progress",
        title = "A payment is under way",
        detail = "Another payment for this order is under way. Wait for its outcome."
    )]
    InProgress,
    /// The payment failed: there is nothing to confirm.
    #[error("the payment has failed")]
    #[problem(
        status = 409,
        code = "payment_not_confirmable",
        title = "The payment cannot be confirmed",
        detail = "The payment has failed, and nothing was charged. Pay again."
    )]
    NotConfirmable,
    /// The key was used for something else.
    #[error("the idempotency key was used with another body")]
    #[problem(
        status = 422,
        code = "idempotency_key_reused",
        title = "The idempotency key was used before",
        detail = "The key was sent with another body before. Use a new key for each payment."
    )]
    KeyReused,
    /// A webhook that the provider has not signed, or not just now.
    #[error("bad signature: {0}")]
    #[problem(
        status = 400,
        code = "bad_signature",
        title = "The signature is not valid",
        detail = "The body must be signed by the provider, and not long ago."
    )]
    BadSignature(&'static str),
    /// A signed webhook that is no JSON.
    #[error(transparent)]
    #[problem(transparent)]
    MalformedJson(#[from] MalformedJson),
    /// A signed webhook that is no event.
    #[error(transparent)]
    #[problem(transparent)]
    MalformedBody(#[from] MalformedBody),
    /// A webhook that is too long.
    #[error(transparent)]
    #[problem(transparent)]
    TooLarge(#[from] PayloadTooLarge),
    /// The sender of a webhook stopped sending.
    #[error("the body ended early")]
    #[problem(status = 400, code = "incomplete_body", title = "The body ended early")]
    Incomplete(#[source] axum::Error),
    /// The database failed.
    #[error("the database failed")]
    #[problem(internal)]
    Database(#[from] sqlx::Error),
    /// The outbox failed.
    #[error("an event was not published")]
    #[problem(internal)]
    Publish(#[from] PublishError),
    /// An answer could not be written or read.
    #[error("an answer is no JSON")]
    #[problem(internal)]
    Answer(#[from] serde_json::Error),
    /// The task of an attempt panicked.
    #[error("the attempt was not finished")]
    #[problem(internal)]
    Task(#[from] tokio::task::JoinError),
}
