//! The expiration service from outside: by the events that it hears and tells.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod timers;
mod world;
