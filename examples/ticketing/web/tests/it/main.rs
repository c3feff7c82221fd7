//! The pages, from the request to the HTML, in front of services that answer from a script.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod browser;
mod canned;
mod fake;
mod parked;

mod entry;
mod errors;
mod frame;
mod orders;
mod session;
mod tickets;
