use ticketing_contracts::ticket::RejectionReason;

/// Why an order is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The buyer thought again.
    Buyer,
    /// The buyer was banned.
    UserBanned,
    /// The seller was banned.
    SellerBanned,
    /// Tickets gave it no lock.
    Rejected(RejectionReason),
}

impl Reason {
    /// Returns the name that the contract has for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::UserBanned => "user_banned",
            Self::SellerBanned => "seller_banned",
            Self::Rejected(RejectionReason::TicketReserved) => "ticket_reserved",
            Self::Rejected(RejectionReason::TicketSold) => "ticket_sold",
            Self::Rejected(RejectionReason::TicketWithdrawn) => "ticket_withdrawn",
            Self::Rejected(RejectionReason::PriceChanged) => "price_changed",
            Self::Rejected(RejectionReason::NotFound) => "not_found",
        }
    }
}
