//! Payments from outside: through the router and the bus, on a database in a temporary folder.
//!
//! A process is a runtime of its own; dropping it is a crash.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod careless;
mod crash;
mod faulty;
mod idempotency;
mod lifecycle;
mod outcomes;
mod process;
mod provider;
mod refunds;
mod refusals;
mod stripe;
mod webhook;
mod world;
