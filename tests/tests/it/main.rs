//! Crates together, and the repository itself.

mod one_contract;
mod repository;
