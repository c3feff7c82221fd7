//! The auth part over HTTP, each test with a database and a bus of its own.

mod audit;
mod bans;
mod cookies;
mod fixture;
mod hang_up;
mod password;
mod refresh;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod throttle;
mod users;
mod well_known;
