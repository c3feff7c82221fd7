//! What the crate promises, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod allocations;
mod black_box;
mod canary;
mod cataloguing;
mod chassis;
mod client;
mod contract;
mod derive;
mod extractors;
mod fuzzing;
mod golden;
mod layers;
mod pages;
mod serving;
mod support;
mod validating;
