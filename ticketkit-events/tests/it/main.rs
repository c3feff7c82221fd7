//! The crate from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

// The messages name what the features add, and with `sql` all of sqlx would be
// built a second time for them.
#[cfg(not(feature = "sql"))]
mod compile;
mod conformance;
#[cfg(feature = "sql")]
mod crash;
mod layers;
#[cfg(feature = "sql")]
mod outbox;
#[cfg(feature = "sql")]
mod schedule;
#[cfg(feature = "sql")]
mod service;
#[cfg(feature = "sql")]
mod storage;
mod support;
