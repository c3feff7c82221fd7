//! Private PostgreSQL and RabbitMQ instances, on free ports and in temporary folders.
//!
//! For development and tests: `cargo xtask servers` and `cargo xtask test`, the reference system with
//! `--distributed`, and tests that kill a server, stop it for a while and start it again.
//!
//! Each instance is a guard: dropping it ends the server and removes its folder. Where the program
//! `setpriv` is installed, the kernel ends the server also with a process that was killed itself.
//!
//! ```no_run
//! use ticketkit_servers::Postgres;
//!
//! # fn main() -> Result<(), ticketkit_servers::ServerError> {
//! let mut postgres = Postgres::start()?;
//! println!("{}", postgres.url());
//! postgres.kill();
//! postgres.start_again()?; // with the same data, on the same port
//! # Ok(())
//! # }
//! ```

mod error;
mod folder;
mod group;
mod port;
mod postgres;
mod programs;
mod rabbitmq;
mod wait;

pub use self::{
    error::ServerError,
    group::{Group, Signal},
    postgres::Postgres,
    programs::{find, is_root, tied},
    rabbitmq::RabbitMq,
};
