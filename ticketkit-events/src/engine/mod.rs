//! The contract that engines fulfil.
//!
//! Handlers and publishers never name an engine: a [`Bus`](crate::Bus) is opened
//! from a URL. Who writes an engine implements [`Engine`] and [`Consumer`], states
//! its [`Capabilities`] and runs the conformance suite.
//!
//! | engine | URL | `publish` is Ok when | order | fan-out | survives a restart | replay |
//! |---|---|---|---|---|---|---|
//! | [`memory`] | `memory:` | this process has accepted it | per key | yes | no | no |
//! | [`sql`] | `sqlite:///path/events.db`, `postgres://host/events` | it is committed and synced | per key | yes | yes | yes |
//! | [`rabbitmq`] | `amqp://host/vhost`, `amqps://…` | the broker has confirmed it and a queue has it | per key | yes | yes | no |

mod delivery;
mod error;
pub mod memory;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
mod spec;
#[cfg(feature = "sql")]
pub mod sql;
mod stats;

use std::time::Duration;

pub use self::{
    delivery::{Claim, Delivery, Outcome, Settlement},
    error::EngineError,
    spec::{Capabilities, Lifetime, Replay, SubscriptionSpec},
    stats::{ConnectionStats, SubscriptionStats},
};
use crate::{
    BoxFuture, Envelope, EventId,
    parked::{ParkedEvent, ParkedId},
};

/// Carries events from publishers to subscriptions.
///
/// Implementations are shared between tasks; every method may be called at any
/// time, concurrently with itself and the others.
pub trait Engine: Send + Sync + 'static {
    /// Returns the name that messages call it by, such as `memory`.
    fn name(&self) -> &'static str;

    /// Returns what the engine can do.
    fn capabilities(&self) -> Capabilities;

    /// Takes events over, in the order of the slice.
    ///
    /// Returns one result per event. Ok means what the docs of the engine say, and
    /// then the event reaches every subscription to its type that was declared
    /// before. After a failed event the later ones with the same key fail too, so
    /// that order is kept when the caller tries again. An event that was accepted
    /// before, by its id, may be accepted again: subscriptions see a duplicate at
    /// most. A call that is dropped half-way leaves each event accepted or not.
    fn publish<'a>(&'a self, events: &'a [Envelope])
    -> BoxFuture<'a, Vec<Result<(), EngineError>>>;

    /// Declares a subscription and returns a consumer of it.
    ///
    /// A durable subscription that exists keeps its place, and its types become
    /// those of `spec`. Several consumers of one subscription share its events.
    /// One that is new gets, before all others, what `spec` asks to replay: each
    /// event of its types is replayed or published after it, none both.
    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>>;

    /// Lists parked events of a subscription, oldest first, after `after`.
    fn parked<'a>(
        &'a self,
        subscription: &'a str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ParkedEvent>, EngineError>>;

    /// Makes parked events ready again, with no failures counted; one, or all.
    ///
    /// The id and the place in the order of the key stay. Returns how many.
    fn redrive<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>>;

    /// Forgets parked events; one, or all. Returns how many.
    fn discard<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>>;

    /// Returns the figures of every subscription that this process can see at once, by name.
    fn stats(&self) -> BoxFuture<'_, Result<Vec<SubscriptionStats>, EngineError>>;

    /// Returns the figures of the subscriptions of all processes, by name; `also` names some that are
    /// to be looked for although nobody may run them.
    ///
    /// An engine whose processes share one store has nothing to add to [`stats`](Self::stats). One
    /// that asks the others may take a second, and does without those that do not answer.
    fn survey<'a>(
        &'a self,
        also: &'a [&'a str],
    ) -> BoxFuture<'a, Result<Vec<SubscriptionStats>, EngineError>> {
        let _ = also;
        self.stats()
    }

    /// Returns the figures of the connections, of an engine that has a broker.
    fn connections(&self) -> Option<ConnectionStats> {
        None
    }

    /// Removes a subscription with all that it has not handled; returns whether it was there.
    ///
    /// An engine that leaves this to tools of its own says which.
    fn remove<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<bool, EngineError>> {
        let text = format!(
            "the engine {} removes no subscription: remove the queue of {subscription:?} with its \
             own tools",
            self.name()
        );
        Box::pin(async move { Err(EngineError::unsupported(text)) })
    }

    /// Returns Ok if events can be published and handled at present.
    fn check(&self) -> BoxFuture<'_, Result<(), EngineError>>;
}

/// Receives the events of one subscription; belongs to one runner.
///
/// What a consumer has claimed and not settled when it is dropped, or when its
/// process dies, is delivered again after the lease.
pub trait Consumer: Send {
    /// Waits until [`exchange`](Self::exchange) may have something to deliver.
    ///
    /// May return early. Can be dropped at any time.
    fn wait(&mut self) -> BoxFuture<'_, ()>;

    /// Settles what was handled and claims up to `capacity` further events.
    ///
    /// Of an ordered subscription, events of one key are claimed in their order
    /// and only while none before them is claimed elsewhere, waits for a retry or
    /// is parked. A settlement of a claim that was lost meanwhile does nothing.
    /// After an error the caller tries again with the same settlements. Must not
    /// be dropped half-way: what it claimed would wait for the lease.
    fn exchange<'a>(
        &'a mut self,
        settlements: &'a [Settlement],
        capacity: usize,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, EngineError>>;

    /// Returns how often [`renew`](Self::renew) must be called while events are
    /// claimed; none if claims do not expire.
    fn renewal(&self) -> Option<Duration>;

    /// Extends the lease of everything claimed.
    fn renew(&mut self) -> BoxFuture<'_, Result<(), EngineError>>;

    /// Ends the consumption; a fan-out subscription vanishes.
    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), EngineError>>;
}
