#![cfg_attr(feature = "sql", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "sql"), doc = "Typed events over interchangeable engines.")]
//!
//! # Modules
//!
//! | module | what is in it |
//! |---|---|
//! | [`event`] | the [`Event`] trait and its derive |
//! | [`envelope`] | [`Envelope`]: an event on its way, with the attributes of CloudEvents 1.0 |
//! | [`publisher`] | [`Publisher`]: one `publish`, inside a transaction or straight to the bus |
//! | [`subscription`] | [`Subscription`], its retry policy and the [`Runner`](subscription::Runner) |
//! | [`handler`] | handlers, their extractors and [`HandlerError`] |
//! | [`bus`] | [`Bus`]: the handle to an engine, opened from a URL |
//! | [`engine`] | the contract that engines fulfil, and the engines |
//! | [`metrics`] | figures of subscriptions, handlers and outboxes (feature `metrics`) |
//! | [`parked`] | what could not be handled: list, inspect, redrive, discard |
//! | [`sql`] | the database of a service: transactions, outbox, inbox, schedules, [`Relay`](sql::Relay) (feature `sql`) |
//! | [`schema`] | the form of events as JSON Schema, and a lock file for it (feature `schema`) |
//! | [`asyncapi`] | the AsyncAPI document of a service, of its types and subscriptions (feature `schema`) |
//! | [`testing`] | a bus that records, for the tests of services (feature `testing`) |
//! | [`faults`] | a bus on which everything goes wrong that may (feature `testing`) |
//! | [`conformance`] | the suite that every engine passes (feature `conformance`) |
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | none | types, handlers and the memory engine |
//! | `sql` | the embedded SQL engine, and outbox, inbox and schedules, on SQLite |
//! | `postgres` | the same on PostgreSQL, beside SQLite |
//! | `rabbitmq` | the engine for RabbitMQ 3.10 and later |
//! | `axum` | routes to list, inspect, redrive and discard parked events |
//! | `metrics` | figures for a registry of prometheus-client |
//! | `otel` | attempts are spans of OpenTelemetry, through the chassis of ticketkit-core |
//! | `schema` | JSON Schema of events through schemars, the lock file, and AsyncAPI documents |
//! | `testing` | a bus that records, and one with faults by a seed, for the tests of services |
//! | `conformance` | the conformance suite for engines |

#[cfg(feature = "schema")]
pub mod asyncapi;
pub mod bus;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod engine;
pub mod envelope;
pub mod event;
#[cfg(feature = "testing")]
pub mod faults;
pub mod handler;
#[cfg(feature = "metrics")]
pub mod metrics;
pub mod parked;
#[cfg(any(feature = "rabbitmq", feature = "sql"))]
mod partition;
pub mod publisher;
#[cfg(feature = "schema")]
pub mod schema;
#[cfg(feature = "sql")]
pub mod sql;
pub mod subscription;
#[cfg(feature = "testing")]
pub mod testing;

pub use crate::{
    bus::Bus,
    engine::Replay,
    envelope::{Causation, Envelope, EventId},
    event::Event,
    handler::{EventContext, HandlerError, Meta, State},
    publisher::{PublishError, Publisher},
    subscription::{RetryPolicy, Subscription},
};
pub use ticketkit_core::clock::{Clock, Timestamp};

/// Derives [`Event`](trait@Event); the attributes are documented at the trait.
pub use ticketkit_macros::Event;

/// An error of any type, as tower's layers pass it on.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A boxed future, as the object-safe traits of this crate return it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
