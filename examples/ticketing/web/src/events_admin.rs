//! What administrators see of the event engine, given by whoever runs the process.

use std::{fmt, future::Future, pin::Pin};

use serde::Serialize;
use tower::BoxError;

/// The future of an [`EventsAdmin`] method.
pub type EventsFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send + 'a>>;

/// Looks into the subscriptions of the deployment and mends what is parked.
///
/// The pages call it for administrators only. Redriving and discarding are idempotent: an event
/// that is no longer parked is `false`, not an error. Errors are logged and never shown.
pub trait EventsAdmin: fmt::Debug + Send + Sync + 'static {
    /// Lists all subscriptions.
    fn subscriptions(&self) -> EventsFuture<'_, Vec<SubscriptionState>>;

    /// Lists parked events, the last parked first; `after` is the cursor of an earlier list.
    fn parked<'a>(&'a self, after: Option<&'a str>) -> EventsFuture<'a, ParkedEvents>;

    /// Returns one parked event with its data.
    fn inspect<'a>(
        &'a self,
        subscription: &'a str,
        id: &'a str,
    ) -> EventsFuture<'a, Option<(ParkedEvent, String)>>;

    /// Delivers a parked event to its subscription again, under the same id.
    fn redrive<'a>(&'a self, subscription: &'a str, id: &'a str) -> EventsFuture<'a, bool>;

    /// Drops a parked event for good.
    fn discard<'a>(&'a self, subscription: &'a str, id: &'a str) -> EventsFuture<'a, bool>;
}

/// How a subscription is doing.
#[derive(Debug, Clone, Serialize)]
pub struct SubscriptionState {
    /// Its name.
    pub name: String,
    /// The service that it belongs to.
    pub service: String,
    /// How many events wait for it.
    pub lag: u64,
    /// How long the oldest of them has waited, in seconds.
    pub oldest_seconds: Option<u64>,
    /// How many of its events are parked.
    pub parked: u64,
}

/// A part of the list of parked events.
#[derive(Debug, Clone, Default)]
pub struct ParkedEvents {
    /// The events.
    pub items: Vec<ParkedEvent>,
    /// The cursor of the next part, if there is one.
    pub next: Option<String>,
}

/// An event that a subscription gave up on.
#[derive(Debug, Clone, Serialize)]
pub struct ParkedEvent {
    /// The id of the event.
    pub id: String,
    /// The subscription that gave up.
    pub subscription: String,
    /// The type of the event, such as `order.created`.
    pub kind: String,
    /// The service that published it.
    pub source: String,
    /// Its ordering key.
    pub key: String,
    /// What the last attempt failed of.
    pub error: String,
    /// How often it was attempted.
    pub attempts: u32,
    /// When it was parked, RFC 3339.
    pub parked_at: String,
}
