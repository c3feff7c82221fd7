//! The tickets service from outside: over HTTP, and by the events that it hears and tells.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod access;
mod bans;
mod forgetting;
mod locks;
mod market;
mod selling;
mod world;
