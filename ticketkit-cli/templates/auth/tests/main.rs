//! The service auth from outside: people who sign up, in and out, and one who is banned.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod access;
mod accounts;
mod bans;
mod sessions;
mod world;
