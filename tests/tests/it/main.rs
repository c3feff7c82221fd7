//! Crates together, and the repository itself.

mod catalogue;
mod compile;
mod one_contract;
mod repository;
