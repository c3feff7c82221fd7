//! Orders, and what may become of them.
//!
//! ```text
//! created ─▶ awaiting_payment ─▶ complete ─▶ refunded
//!    │              │
//!    ├──▶ cancelled ◀┤
//!    └──▶ expired   ◀┘
//! ```
//!
//! Every method that changes an order raises its version and returns the [`News`] of it, which
//! [`App::record`](crate::app::App::record) writes and publishes together. Nothing leaves
//! `cancelled`, `expired` or `refunded`.

mod order;
mod reason;

pub(crate) use order::{Money, News, Order, State};
pub(crate) use reason::Reason;
