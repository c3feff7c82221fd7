//! `cargo ticketkit`.
fn main() {}
