//! The program as a person or a pipeline meets it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adding;
mod answering;
mod generated;
mod interrupted;
mod making;
mod merging;
mod removing;
mod support;
mod usage;
