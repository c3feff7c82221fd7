//! Crates together, and the repository itself.

mod compile;
mod one_contract;
mod repository;
