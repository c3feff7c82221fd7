use serde::Serialize;
use sqlx::{
    Any, AnyConnection, AssertSqlSafe, Connection, Executor, Row, migrate::MigrateDatabase,
};

use super::{Migration, address::Address, dialect::Dialect, migration, outage};

/// A step of a database's schema that is not as the program knows it.
///
/// Serialized, it is `{"version": 2, "name": "seats", "state": "pending"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// The number of the step.
    pub version: i64,
    /// Its name: the program's, or the database's of a step that the program does not know.
    pub name: String,
    /// What it is that differs.
    pub state: DriftState,
}

/// What differs in a step between a database and a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DriftState {
    /// It has not run: the next start of the program runs it.
    Pending,
    /// It has run, and was changed since: the program refuses to start.
    Changed,
    /// It has run, and the program does not know it, as after a newer one: it refuses to start.
    Unknown,
}

/// Opens a connection that reads; none if there is no database.
pub(crate) async fn look(address: &Address) -> Result<Option<AnyConnection>, sqlx::Error> {
    sqlx::any::install_default_drivers();
    // Not `ro`: then SQLite (seen with 3.50) leaves the files of its log behind, if it was the only one
    // there. Statements that write are refused either way, and nothing is made.
    let url = address.url.replace("mode=rwc", "mode=rw");
    if address.dialect == Dialect::Sqlite && !Any::database_exists(&url).await? {
        return Ok(None);
    }
    let mut connection = match AnyConnection::connect(&url).await {
        Err(error) if outage::is_missing(&error) => return Ok(None),
        result => result?,
    };
    connection.execute(sqlx::raw_sql(address.dialect.on_connect(true))).await?;
    Ok(Some(connection))
}

/// Tells whether there is a table of this name.
pub(crate) async fn has_table(
    connection: &mut AnyConnection,
    dialect: Dialect,
    table: &str,
) -> Result<bool, sqlx::Error> {
    let count = sqlx::query_scalar::<_, i64>(dialect.tables_called());
    Ok(count.bind(table).fetch_one(connection).await? > 0)
}

/// Compares the steps that are recorded in the table `table` with those that are known.
pub(super) async fn compare(
    connection: &mut AnyConnection,
    dialect: Dialect,
    table: &str,
    migrations: &[Migration],
) -> Result<Vec<Drift>, sqlx::Error> {
    let rows = if has_table(connection, dialect, table).await? {
        let select = format!("select version, description, checksum from {table} order by version");
        sqlx::query(AssertSqlSafe(select)).fetch_all(&mut *connection).await?
    } else {
        Vec::new()
    };
    let mut recorded = Vec::with_capacity(rows.len());
    for row in &rows {
        let (version, name) = (row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?);
        recorded.push((version, name, row.try_get::<Vec<u8>, _>(2)?));
    }
    let known = migration::steps(dialect, migrations);
    let mut found = Vec::new();
    for step in &known {
        let state = match recorded.iter().find(|(version, ..)| *version == step.version) {
            None => DriftState::Pending,
            Some((.., checksum)) if *checksum != *step.checksum => DriftState::Changed,
            Some(_) => continue,
        };
        found.push(Drift { version: step.version, name: step.description.to_string(), state });
    }
    for (version, name, _) in recorded {
        if known.iter().all(|step| step.version != version) {
            found.push(Drift { version, name, state: DriftState::Unknown });
        }
    }
    Ok(found)
}
