//! What the crate promises, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chassis;
mod contract;
mod derive;
mod extractors;
mod pages;
mod serving;
mod support;
