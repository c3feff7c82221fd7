//! The first connection to a database, which finds out whether it can be used.
//!
//! A pool tries again and again, and then says that time is up; this says what is wrong.

use std::time::{Duration, Instant};

use sqlx::{Any, AnyConnection, Connection, Executor, migrate::MigrateDatabase};

use super::{address::Address, outage};

/// How long other processes that start at the same time may keep the file, or the
/// server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Connects once, and makes what is missing: the file and its settings, such as WAL, or the
/// database.
///
/// Switching a new file to WAL fails at once with SQLITE_BUSY when two do it together:
/// SQLite does not wait there, whatever the timeout is.
pub(super) async fn probe(address: &Address) -> Result<(), sqlx::Error> {
    let start = Instant::now();
    let mut pause = PAUSE;
    loop {
        match connect(address).await {
            Err(error) if outage::is_starting(&error) && start.elapsed() < PATIENCE => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) if outage::is_missing(&error) => {
                match Any::create_database(&address.url).await {
                    Ok(()) => {}
                    // Of two that start at once, one is first.
                    Err(refused) if outage::is_there(&refused) => {}
                    // The first error says what is missing; this one, that the user may not make it.
                    Err(_) => return Err(error),
                }
            }
            result => return result,
        }
    }
}

async fn connect(address: &Address) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(&address.url).await?;
    connection.execute(sqlx::raw_sql(address.dialect.on_connect(false))).await?;
    connection.close().await
}
