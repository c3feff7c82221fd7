//! The SQL, beside its Rust. One set of statements for SQLite and PostgreSQL.

{% for resource in service.resources %}
pub(crate) mod {{ resource.plural.snake }};
{% endfor %}
{% if service.resources %}

use std::str::FromStr;

use sqlx::{Row, any::AnyRow};
{% if service.has.time %}
use ticketkit_events::{Timestamp, sql::Migration};
{% else %}
use ticketkit_events::sql::Migration;
{% endif %}

/// The schema, step by step. A step that has run anywhere is never changed: add the next one.
pub(crate) const MIGRATIONS: &[Migration] = &[
    // In the order in which they were added.
{% for resource in service.resources %}
    Migration::new(«{{ resource.version }}¦"{{ resource.plural.snake }}"¦include_str!("../../migrations/{{ resource.migration }}.sql")»),
{% endfor %}
];

/// Reads a column whose text is a value.
fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.try_get::<String, _>(column)?.parse().map_err(|error| undecodable(column, error))
}
{% if service.has.parsed_option %}

/// As [`parsed`], for a column that may be null.
fn parsed_option<T>(row: &AnyRow, column: &str) -> Result<Option<T>, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|error| undecodable(column, error))).transpose()
}
{% endif %}
{% if service.has.count %}

/// Reads a column that counts.
fn count(row: &AnyRow, column: &str) -> Result<u32, sqlx::Error> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(|error| undecodable(column, error))
}
{% endif %}
{% if service.has.count_option %}

/// Reads a column that counts and may be null.
fn count_option(row: &AnyRow, column: &str) -> Result<Option<u32>, sqlx::Error> {
    let number: Option<i64> = row.try_get(column)?;
    number.map(u32::try_from).transpose().map_err(|error| undecodable(column, error))
}
{% endif %}
{% if service.has.flag_option %}

/// Reads a flag that may be null.
fn flag_option(row: &AnyRow, column: &str) -> Result<Option<bool>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(|flag| flag != 0))
}
{% endif %}
{% if service.has.time_value %}

/// Reads a point in time.
fn time(row: &AnyRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    Ok(Timestamp::from_millis(row.try_get(column)?))
}
{% endif %}
{% if service.has.time_option %}

/// Reads a point in time that may be null.
fn time_option(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
}
{% endif %}

fn undecodable(
    column: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() }
}
{% else %}
use ticketkit_events::sql::Migration;

/// The schema, step by step; the outbox and the inbox come by themselves.
pub(crate) const MIGRATIONS: &[Migration] = &[];
{% endif %}
