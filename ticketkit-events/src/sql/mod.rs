//! The database of a service: transactions with an outbox and an inbox.
//!
//! [`Database`] is one database of one service: a SQLite file or, with the feature
//! `postgres`, one on PostgreSQL. Ids are text, times are `bigint` milliseconds,
//! flags are `bigint`, placeholders are `$1`, so that one set of statements serves
//! both; `{identity}` in a migration is the type of an own rising number.
//!
//! A bound limit is written `limit 0 + $1`: SQLite plans a statement with `limit $1`
//! anew each time it is executed, and so it does where a column of a partial index is
//! compared with `$1` alone.
//!
//! A transaction ([`Tx`]) carries business rows and the events about them; the
//! [`Relay`] moves committed events to the bus. In a handler the transaction also
//! carries the inbox row, so that the effects of an event happen once.

pub(crate) mod address;
mod batch;
mod database;
mod dialect;
pub(crate) mod drift;
mod enqueue;
mod error;
mod gather;
mod inbox;
mod migration;
mod outage;
mod outbox;
mod own;
mod probe;
mod relay;
mod row;
mod schedule;
pub(crate) mod slot;
mod tx;
mod wake;
mod writers;

pub use self::{
    database::Database,
    drift::{Drift, DriftState},
    error::DatabaseError,
    migration::Migration,
    outbox::OutboxStats,
    relay::Relay,
    tx::Tx,
};
pub(crate) use self::{
    database::Durability,
    inbox::Inbox,
    outage::is_outage,
    outbox::list,
    row::{attributes, bind, columns, envelope},
};
