//! Tests of the ticketing system from outside, written from the wire contract alone.

mod admin;
mod browser;
mod cancelling;
mod chaos;
mod configuration;
mod documents;
mod double_sell;
mod errors;
mod expiry;
mod full_disk;
mod hanging_up;
mod idempotency;
mod operators;
mod pages;
mod paying;
mod races;
mod refund;
mod restart;
mod sabotage;
mod search;
mod secrets;
mod sessions;
mod shared;
mod story;
mod stream;
mod tickets;
