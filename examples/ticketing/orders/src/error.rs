use ticketkit_auth::AuthError;
use ticketkit_core::{
    ServiceError,
    error::{NotFound, Validation},
};
use ticketkit_events::PublishError;

use crate::app::RecordError;

/// What the service answers with when it does not do what it is asked.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum Error {
    /// There is no such order, or no such ticket to order.
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    /// Not this caller.
    #[error(transparent)]
    #[problem(transparent)]
    Auth(#[from] AuthError),
    /// A value breaks a rule.
    #[error(transparent)]
    #[problem(transparent)]
    Validation(#[from] Validation),
    /// The buyer is the seller.
    #[error("the ticket is the buyer's own")]
    #[problem(
        status = 409,
        code = "own_ticket",
        title = "The ticket is your own",
        detail = "Nobody can buy a ticket from themselves."
    )]
    OwnTicket,
    /// Another order has it, or may get it.
    #[error("the ticket is reserved")]
    #[problem(
        status = 409,
        code = "ticket_reserved",
        title = "The ticket is reserved",
        detail = "Someone else is buying this ticket. If they do not pay in time, it will be for sale again."
    )]
    TicketReserved,
    /// It is paid.
    #[error("the ticket is sold")]
    #[problem(status = 409, code = "ticket_sold", title = "The ticket is sold")]
    TicketSold,
    /// It is off the market.
    #[error("the ticket is withdrawn")]
    #[problem(
        status = 409,
        code = "ticket_withdrawn",
        title = "The ticket is withdrawn",
        detail = "This ticket is no longer for sale."
    )]
    TicketWithdrawn,
    /// It is paid, or over.
    #[error("the order is not open")]
    #[problem(
        status = 409,
        code = "order_not_cancellable",
        title = "The order cannot be cancelled",
        detail = "Only an order that is neither paid nor over can be cancelled."
    )]
    NotCancellable,
    /// It is not paid, or was given back.
    #[error("the order is not complete")]
    #[problem(
        status = 409,
        code = "order_not_refundable",
        title = "The order cannot be refunded",
        detail = "Only an order that is paid can be refunded, and only once."
    )]
    NotRefundable,
    /// The database failed.
    #[error("the store failed")]
    #[problem(internal)]
    Store(#[from] sqlx::Error),
    /// The news could not be written down.
    #[error("the event was not published")]
    #[problem(internal)]
    Publish(#[from] PublishError),
}

impl From<RecordError> for Error {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Store(error) => Self::Store(error),
            RecordError::Publish(error) => Self::Publish(error),
        }
    }
}
