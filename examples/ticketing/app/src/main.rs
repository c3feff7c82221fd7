//! The whole ticketing system in one process.
fn main() {}
