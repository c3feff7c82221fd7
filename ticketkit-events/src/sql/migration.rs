use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{MigrateError, MigrationType, Migrator},
};

use super::{Database, dialect::Dialect};

/// One step of a database's schema, from a file beside the code.
///
/// ```
/// use ticketkit_events::sql::Migration;
///
/// const MIGRATIONS: &[Migration] =
///     &[Migration::new(1, "orders", "create table orders (id text primary key)")];
/// ```
///
/// A migration that has run must not be changed: the next step is a new one.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

impl Migration {
    /// Makes a migration; `sql` is usually `include_str!("../migrations/0001_orders.sql")`.
    #[must_use]
    pub const fn new(version: i64, name: &'static str, sql: &'static str) -> Self {
        Self { version, name, sql }
    }
}

/// Runs the steps that have not run yet, recorded in the table `table`.
pub(crate) async fn run(
    database: &Database,
    dialect: Dialect,
    table: &'static str,
    migrations: &[Migration],
) -> Result<(), MigrateError> {
    let mut migrator = Migrator::with_migrations(steps(dialect, migrations));
    migrator.dangerous_set_table_name(table);
    let (_turn, pool) = database.writers().turn().await?;
    // SQLite has no lock that sqlx could take meanwhile: of two processes that start at once, one
    // finds that the other was first with a step. Then it goes on with the next.
    for _ in migrations {
        match migrator.run(pool).await {
            Err(MigrateError::ExecuteMigration(_, _) | MigrateError::Execute(_)) => {}
            result => return result,
        }
    }
    migrator.run(pool).await
}

/// Returns the steps as sqlx has them, with the checksums that it records.
pub(super) fn steps(dialect: Dialect, migrations: &[Migration]) -> Vec<sqlx::migrate::Migration> {
    let step = |step: &Migration| {
        sqlx::migrate::Migration::new(
            step.version,
            Cow::Borrowed(step.name),
            MigrationType::Simple,
            AssertSqlSafe(dialect.render(step.sql)).into_sql_str(),
            false,
        )
    };
    migrations.iter().map(step).collect()
}
