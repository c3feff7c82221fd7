//! The expiration service: it tells when the hold of an order is over.
//!
//! It has no API and no tables of its own. The deadline of each order that awaits its payment is a
//! schedule, which is a row of `ticketkit-events`, so a timer outlives the process; the end of the
//! order drops it. What the end of a hold means is decided by orders alone.
//!
//! A process makes an [`ExpirationService`] from a [`Setup`] and runs it.

mod app;
mod config;
mod events;
mod service;

pub use config::Settings;
pub use service::{ExpirationService, Setup, StartError};
