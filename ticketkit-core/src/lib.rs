//! The error contract.
