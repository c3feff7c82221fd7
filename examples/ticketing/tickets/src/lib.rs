//! The tickets service: what is for sale, and who has it locked.
//!
//! It owns the tickets. Sellers create, change and withdraw them over HTTP; the events of orders
//! lock, release and sell them, and a ban takes a seller's tickets off the market. Each change
//! raises the version of the ticket and publishes one event with its full state, in the same
//! transaction.
//!
//! | module | what is in it |
//! |---|---|
//! | `domain` | [`Ticket`](ticketing_contracts::ticket::Ticket)s as the service knows them, and what may become of them |
//! | `store` | the SQL, beside its Rust |
//! | `routes` | `/api/tickets` |
//! | `events` | what orders and auth tell, and what follows |
//!
//! A process makes a [`TicketsService`] from a [`Setup`], serves its router and runs it.

mod app;
mod config;
mod domain;
mod error;
mod events;
mod forget;
mod routes;
mod service;
mod store;

pub use config::Settings;
pub use domain::Refusal;
pub use error::Error;
pub use service::{Setup, StartError, TicketsService};
