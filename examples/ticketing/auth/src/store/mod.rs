//! The tables of the service: SQL beside the Rust that runs it. Those of sessions, of failed sign-ins and
//! of events are kept by the libraries.
//!
//! Every statement serves SQLite and PostgreSQL. What two requests at once could break is decided
//! by a unique index or by the condition of an update, never by a read before it.

pub(crate) mod audit;
pub(crate) mod bans;
pub(crate) mod revocations;
pub(crate) mod users;

use std::str::FromStr;

use sqlx::{Row, any::AnyRow};
use ticketing_contracts::Timestamp;
use ticketkit_events::sql::Migration;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration::new(1, "accounts", include_str!("../../migrations/0001_accounts.sql")),
    Migration::new(
        2,
        "revocation stream",
        include_str!("../../migrations/0002_revocation_stream.sql"),
    ),
    Migration::new(
        3,
        "sessions of the library",
        include_str!("../../migrations/0003_sessions_of_the_library.sql"),
    ),
    Migration::new(4, "audit of a user", include_str!("../../migrations/0004_audit_of_a_user.sql")),
];

/// Sorts behind every UUID: the end of a list that is read from its newest item backwards.
const BEHIND_ALL: &str = "g";

/// Returns the bound below which a page of a list begins.
fn before(after: Option<impl ToString>) -> String {
    after.map_or_else(|| BEHIND_ALL.to_owned(), |after| after.to_string())
}

/// Reads a column that has a text form.
fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.try_get::<&str, _>(column)?.parse().map_err(|error| undecodable(column, error))
}

/// As [`parsed`], for a column that may be null.
fn parsed_option<T>(row: &AnyRow, column: &str) -> Result<Option<T>, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: Option<&str> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|error| undecodable(column, error))).transpose()
}

fn undecodable(
    column: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() }
}

fn time(row: &AnyRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    row.try_get(column).map(Timestamp::from_millis)
}
