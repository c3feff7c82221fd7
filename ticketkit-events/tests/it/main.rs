//! The crate from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(feature = "sql")]
mod backlog;
mod conformance;
#[cfg(feature = "sql")]
mod crash;
#[cfg(feature = "sql")]
mod drift;
mod faults;
#[cfg(feature = "sql")]
mod inbox;
mod layers;
#[cfg(feature = "sql")]
mod names;
#[cfg(feature = "postgres")]
mod notify;
#[cfg(all(feature = "sql", feature = "metrics"))]
mod observing;
#[cfg(feature = "sql")]
mod outage;
#[cfg(feature = "sql")]
mod outbox;
#[cfg(feature = "axum")]
mod parked;
#[cfg(feature = "sql")]
mod place;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
#[cfg(feature = "sql")]
mod relay_process;
#[cfg(feature = "sql")]
mod relays;
#[cfg(feature = "sql")]
mod retention;
#[cfg(feature = "sql")]
mod schedule;
#[cfg(feature = "sql")]
mod service;
#[cfg(feature = "sql")]
mod storage;
mod support;
#[cfg(feature = "sql")]
mod tape;
#[cfg(feature = "sql")]
mod upkeep;
mod versions;
