//! The auth part of the ticketing system: accounts, sessions and bans.
//!
//! [`AuthService`] signs people up and in, refreshes and ends their sessions, and lets an
//! administrator ban them. It alone issues access tokens. Every other service verifies them by
//! itself, and hears of what was revoked through events: `user.banned`, `user.unbanned` and
//! `session.revoked`, in one order, in the transaction of what they tell.
//!
//! | module | what is in it |
//! |---|---|
//! | `routes` | one file a route |
//! | `domain` | e-mail addresses, accounts, bans |
//! | `store` | the SQL |
//! | `audit` | what happened to whom |
//! | `heartbeat`, `instances`, `keys`, `sweep` | what runs beside the routes |
//!
//! In a process with other services:
//!
//! ```no_run
//! use ticketing_auth::{AuthService, Setup};
//!
//! # async fn run(setup: Setup) -> Result<(), ticketing_auth::StartError> {
//! let auth = AuthService::new(setup).await?;
//! let (routes, layer) = (auth.router(), auth.layer());
//! // `layer` goes around the routes of the other services, `routes` beside them.
//! # drop((routes, layer));
//! tokio::spawn(auth.run());
//! # Ok(())
//! # }
//! ```

mod app;
mod audit;
mod config;
mod domain;
mod error;
mod heartbeat;
mod instances;
mod keys;
mod lifetimes;
mod peer;
mod routes;
mod service;
mod setup;
mod store;
mod sweep;

pub use config::Settings;
pub use service::AuthService;
pub use setup::{Keys, Setup, StartError};
