//! What the services of the ticketing system tell one another: the types of their events.
//!
//! This is all that they share. Every event carries the full public state of what it is about and
//! the version after the change, so that a replica applies it only if it is newer than what it
//! holds: a gap heals, and a duplicate or an old event does nothing.

pub mod api;
pub mod expiration;
pub mod order;
pub mod payment;
pub mod ticket;
pub mod user;

mod currency;
mod id;
mod schemas;

pub use currency::{Currency, InvalidCurrency};
pub use id::{InvalidId, OrderId, PaymentId, SessionId, TicketId, UserId};
pub use schemas::schemas;
pub use ticketkit_events::Timestamp;
