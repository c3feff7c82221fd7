use ticketkit_core::ServiceError;

/// Why a ticket cannot be changed at the moment, or any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum Refusal {
    /// It is locked for an order.
    #[error("the ticket is reserved")]
    #[problem(
        status = 409,
        code = "ticket_reserved",
        title = "The ticket is reserved",
        detail = "Someone is buying this ticket. It can be changed if they do not pay in time."
    )]
    Reserved,
    /// It is paid.
    #[error("the ticket is sold")]
    #[problem(
        status = 409,
        code = "ticket_sold",
        title = "The ticket is sold",
        detail = "A ticket that is sold cannot be changed or withdrawn."
    )]
    Sold,
    /// It is off the market.
    #[error("the ticket is withdrawn")]
    #[problem(
        status = 409,
        code = "ticket_withdrawn",
        title = "The ticket is withdrawn",
        detail = "A ticket that was withdrawn does not come back. Create a new one."
    )]
    Withdrawn,
}
