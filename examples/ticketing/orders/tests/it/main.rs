//! The orders service from outside: over HTTP, and by the events that it hears and tells.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod access;
mod bans;
mod buying;
mod deadline;
mod forgetting;
mod history;
mod money;
mod race;
mod reading;
mod stream;
mod together;
mod world;
