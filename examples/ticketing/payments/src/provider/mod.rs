//! Whoever moves the money.
//!
//! [`Provider`] is the contract between payments and a provider; [`BuiltIn`] is the one that moves
//! no money, [`Stripe`] the one that does. An adapter of another provider implements the same trait
//! and is held to the same tests.

mod builtin;
mod charge;
mod error;
pub mod signature;
mod stripe;

use std::fmt;

use axum::Router;
use http::HeaderMap;
use ticketkit_core::chassis::Shutdown;
use ticketkit_events::{BoxFuture, Timestamp};

pub use builtin::{BuiltIn, Card};
pub use charge::{Charge, ChargeState, Notification, Report};
pub use error::{ProviderError, WebhookError};
pub use stripe::Stripe;
pub(crate) use stripe::UNKNOWN_TOKEN;

/// A payment provider.
///
/// An error of a call says nothing about the charge: it may have been made. The caller then asks
/// again, later. Every call can be dropped half-way, and be made again with the same charge; each
/// does its work at most once for a [key](Charge::key).
pub trait Provider: fmt::Debug + Send + Sync + 'static {
    /// Returns the name under which payments are recorded, such as `builtin`.
    fn name(&self) -> &'static str;

    /// Tells whether the token has the form of one of this provider's; it is not asked for that.
    fn knows(&self, token: &str) -> bool;

    /// Charges. With a key that was used before it does nothing and reports what became of it.
    fn charge<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report>;

    /// Reports on a charge after the buyer has done what it required.
    fn confirm<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report>;

    /// Reports on a charge; `None` if the provider has never heard of its key.
    fn look_up<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Option<Report>>;

    /// Sees to it that nothing is charged, if it is not too late, and reports what holds now.
    ///
    /// After it, a [`charge`](Self::charge) with a key that was never heard of must fail, also one
    /// that is under way: payments tells the buyer that nothing was charged.
    fn cancel<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report>;

    /// Gives all of the money back, once.
    fn refund<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report>;

    /// Checks the signature of a webhook, then reads it; `None` for one that is about no charge.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Signature`] for whatever is wrong with the signature or its age, before
    /// anything of the body is read.
    fn read_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notification>, WebhookError>;

    /// Works until `shutdown`, if it has work of its own; `service` has the webhook's route.
    fn run<'a>(&'a self, service: Router, shutdown: &'a Shutdown) -> BoxFuture<'a, ()> {
        drop(service);
        Box::pin(shutdown.requested())
    }
}

/// The answer of a provider, under way.
pub type Answered<'a, T> = BoxFuture<'a, Result<T, ProviderError>>;
