//! The orders service: who buys what, and whether it came to that.
//!
//! It owns the orders. A buyer places one over HTTP; tickets confirms the lock, payments tells of
//! the money, expiration of the end of the hold, and each change raises the version of the order
//! and publishes one event with its full state, in the same transaction.
//!
//! | module | what is in it |
//! |---|---|
//! | `domain` | [`Order`](ticketing_contracts::order::Order)s as the service knows them, and what may become of them |
//! | `store` | the SQL, beside its Rust |
//! | `placing` | the transactions that new orders share |
//! | `routes` | `/api/orders` |
//! | `events` | what tickets, payments, expiration and auth tell, and what follows |
//! | `streams` | orders as streams of events, for whoever looks at one |
//! | `forget` | the end of notes that nothing asks for any more |
//! | `sweep` | the end of holds whose timer was lost |
//!
//! A process makes an [`OrdersService`] from a [`Setup`], serves its router and runs it.

mod app;
mod config;
mod domain;
mod error;
mod events;
mod forget;
mod placing;
mod routes;
mod service;
mod store;
mod streams;
mod sweep;

pub use config::Settings;
pub use error::Error;
pub use service::{OrdersService, Setup, StartError};
