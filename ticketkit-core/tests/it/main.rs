//! What the crate promises, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod black_box;
mod cataloguing;
mod chassis;
mod contract;
mod derive;
mod extractors;
mod golden;
mod pages;
mod serving;
mod support;
mod validating;
