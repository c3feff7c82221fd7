//! Subscriptions: which events a service handles, and how.
//!
//! A [`Subscription`] is built from handlers, [bound](Subscription::bind) to a bus
//! (from then on events are kept for it) and [run](Runner::run) until shutdown.
//!
//! ```text
//! settle ◀ retry or park ◀ commit ◀ timeout, panics ◀ trace, figures ◀ tower layers ◀ handler
//! ```
//!
//! Each attempt is a span of its own in the trace that the event carries, and what the handler
//! publishes goes on from there. The lines of its log have the event's id, type and key, the
//! subscription, the attempt and the trace.
//!
//! Settling, and the commit of the handler's transaction, are outside all layers:
//! nothing in user code can acknowledge an event by being cancelled.

mod builder;
mod dispatch;
mod layer;
mod observe;
mod pool;
mod process;
mod retry;
mod runner;
mod window;

#[cfg(feature = "rabbitmq")]
pub(crate) use self::retry::jitter;
pub use self::{builder::Subscription, layer::Route, retry::RetryPolicy, runner::Runner};
