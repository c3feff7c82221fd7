use ticketkit_events::schema::Schemas;

use crate::{expiration::*, order::*, payment::*, ticket::*, user::*};

/// The forms of all events, each version of each.
///
/// `events.lock.json` has them as they were agreed on: a change that older readers do not understand
/// is a new version, and a test says so.
#[must_use]
pub fn schemas() -> Schemas {
    Schemas::new()
        .with::<UserCreated>()
        .with::<UserBanned>()
        .with::<UserUnbanned>()
        .with::<SessionRevoked>()
        .with::<AuthHeartbeat>()
        .with::<TicketCreated>()
        .with::<TicketUpdated>()
        .with::<TicketWithdrawn>()
        .with::<TicketReserved>()
        .with::<TicketReservationRejected>()
        .with::<TicketReleased>()
        .with::<TicketSold>()
        .with::<OrderCreated>()
        .with::<OrderAwaitingPayment>()
        .with::<OrderCancelled>()
        .with::<OrderExpired>()
        .with::<OrderCompleted>()
        .with::<OrderRefunded>()
        .with::<OrderRefundRequested>()
        .with::<ExpirationCompleted>()
        .with::<PaymentCreated>()
        .with::<PaymentFailed>()
        .with::<PaymentRefunded>()
}
