//! The SQL, beside its Rust. One set of statements for SQLite and PostgreSQL.
//!
//! What two requests at once could break is decided by a unique index or by the condition of an
//! update, never by a read before it.

pub(crate) mod bans;
pub(crate) mod revocations;
pub(crate) mod sessions;
pub(crate) mod users;

use std::str::FromStr;

use sqlx::{Row, any::AnyRow};
use ticketkit_events::{Timestamp, sql::Migration};

/// The schema, step by step. A step that has run anywhere is never changed: add the next one.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration::new(1, "accounts", include_str!("../../migrations/0001_accounts.sql"))];

/// Reads a column whose text is a value.
fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.try_get::<&str, _>(column)?.parse().map_err(|source| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(source),
    })
}

/// Reads a point in time.
fn time(row: &AnyRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    row.try_get(column).map(Timestamp::from_millis)
}
