//! The auth service: accounts, sessions and bans.
//!
//! [`AuthService`] signs people up and in, refreshes and ends their sessions, and lets an
//! administrator ban them. It alone issues access tokens. Every other service verifies them by
//! itself, and hears of what was revoked through the view that [`AuthService::layer`] shares, or,
//! from another process, through events: in one order, in the transaction of what they tell.
//!
//! | module | what is in it |
//! |---|---|
//! | `domain` | e-mail addresses, accounts, bans |
//! | `store` | the SQL, beside its Rust |
//! | `routes` | `/api/users` and `/.well-known`, one file a route |
//! | `heartbeat`, `instances`, `sweep` | what runs beside the routes |
//!
//! A process makes an [`AuthService`] from a [`Setup`], serves its router and runs it.

mod app;
mod domain;
mod error;
mod heartbeat;
mod instances;
mod lifetimes;
mod peer;
mod routes;
mod service;
mod settings;
mod setup;
mod store;
mod sweep;

pub use service::AuthService;
pub use settings::Settings;
pub use setup::{Keys, Setup, StartError};
