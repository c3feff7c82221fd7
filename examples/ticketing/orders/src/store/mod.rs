//! The SQL, beside its Rust. One set of statements for SQLite and PostgreSQL.

pub(crate) mod bans;
pub(crate) mod history;
pub(crate) mod orders;
pub(crate) mod refunds;
pub(crate) mod tickets;

use std::str::FromStr;

use sqlx::{Row, any::AnyRow};
use ticketkit_events::sql::Migration;

/// The schema, step by step.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration::new(1, "orders", include_str!("../../migrations/0001_orders.sql")),
    Migration::new(2, "history", include_str!("../../migrations/0002_history.sql")),
];

/// Returns the placeholders of so many rows: `($1, $2), ($3, $4)`.
fn rows(rows: usize, columns: usize) -> String {
    let row = |row: usize| format!("({})", placeholders(row * columns + 1, columns));
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Returns so many placeholders, from a number on: `$3, $4`. The `Any` driver binds no arrays.
fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Reads a column whose text is a value.
fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.try_get::<String, _>(column)?.parse().map_err(|error| undecodable(column, error))
}

/// As [`parsed`], for a column that may be null.
fn parsed_option<T>(row: &AnyRow, column: &str) -> Result<Option<T>, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|error| undecodable(column, error))).transpose()
}

fn undecodable(
    column: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() }
}
