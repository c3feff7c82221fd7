//! The auth part over HTTP, each test with a database and a bus of its own.

#![expect(clippy::unwrap_used, reason = "the helpers of tests end them like the tests themselves")]

mod access;
mod audit;
mod bans;
mod cookies;
mod fixture;
mod hang_up;
mod history;
mod instances;
mod password;
mod refresh;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod throttle;
mod users;
mod well_known;
