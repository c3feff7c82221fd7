//! Tests of the ticketing system from outside: the real process, real sockets, real browsers.
//!
//! Nothing here knows a line of the services. What the tests know is the wire contract, read
//! independently, so that a misreading in a service is not repeated in its test. This library is
//! the harness; the tests are in `tests/it`.
//!
//! * [`Server`] starts the `ticketing` binary on a free port and a temporary data folder, and
//!   kills, stops and restarts it.
//! * [`http`] is a small HTTP/1.1 client over plain sockets, one connection a request, that also
//!   sends what no well-behaved client would.
//! * [`Client`] adds a cookie jar, and holds **every** answer against the error contract
//!   ([`contract`]); [`Person`] is a client that has signed up and acts on the market.
//! * [`described`] holds answers against the system's own `/openapi.json`, with the checker of JSON
//!   Schema in [`schema`].
//! * [`eventually`] waits for a condition with a deadline.
//! * [`Place`] is where a service keeps its rows in a test of its own.
//! * [`stripe`] starts localstripe, and stands before it.
//! * [`browser`] drives headless Chromium through chromedriver.

pub mod browser;
pub mod client;
pub mod contract;
pub mod described;
pub mod dice;
pub mod http;
pub mod market;
pub mod person;
pub mod place;
pub mod schema;
pub mod server;
pub mod stripe;
pub mod wait;

pub use crate::client::Client;
pub use crate::contract::Problem;
pub use crate::dice::Dice;
pub use crate::http::{Request, Response};
pub use crate::person::Person;
pub use crate::place::Place;
pub use crate::server::Server;
pub use crate::wait::eventually;
