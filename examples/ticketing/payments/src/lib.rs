//! Payments: takes the money for an order, once, and gives it back where the order did not live.
//!
//! | module | what is in it |
//! |---|---|
//! | [`service`] | [`PaymentsService`]: the parts put together |
//! | [`config`] | [`Settings`] |
//! | [`provider`] | [`Provider`](provider::Provider): whoever moves the money, and the built-in one that moves none |
//! | [`error`] | what a client is refused with |
//!
//! An attempt to pay is recorded before the provider is asked, under a key of its own. Whatever is
//! learned of it afterwards, from the direct answer, a webhook, a confirmation or the reconciler,
//! goes through one function, `settle`, which makes each transition once and publishes its event in
//! the same transaction. The reconciler asks the provider about every attempt that is in doubt.

pub mod config;
pub mod error;
pub mod provider;
pub mod service;

mod app;
mod attempt;
mod domain;
mod events;
mod reconcile;
mod routes;
mod settle;
mod store;

pub use config::{ProviderSettings, Settings, StripeSettings};
pub use error::PaymentError;
pub use service::{PaymentsService, Setup, StartError};
