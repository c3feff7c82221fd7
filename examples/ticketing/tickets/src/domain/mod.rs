//! Tickets, and what may become of them.
//!
//! ```text
//! available ⇄ reserved(order) ─▶ sold(order) ─▶ available (refund);   available ─▶ withdrawn
//! ```
//!
//! Every method that changes a ticket raises its version and returns the [`News`] of it, which
//! [`App::record`](crate::app::App::record) writes and publishes together.

mod offer;
mod refusal;
mod search;
mod ticket;

pub(crate) use offer::{Price, Terms, Title};
pub use refusal::Refusal;
pub(crate) use search::{Search, folded};
pub(crate) use ticket::{Hold, News, State, Ticket};
