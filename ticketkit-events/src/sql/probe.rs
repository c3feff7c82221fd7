//! The first connection to a database, which finds out whether it can be used.
//!
//! A pool tries again and again, and then says that time is up; this says what is wrong.

use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection, Executor};

use super::{dialect::Dialect, outage::is_busy};

/// How long other processes that start at the same time may keep the file.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// Connects once and makes the file and its settings, such as WAL.
///
/// Switching a new file to WAL fails at once with SQLITE_BUSY when two do it together:
/// SQLite does not wait there, whatever the timeout is.
pub(super) async fn probe(dialect: Dialect, url: &str) -> Result<(), sqlx::Error> {
    let start = Instant::now();
    loop {
        match connect(dialect, url).await {
            Err(error) if is_busy(&error) && start.elapsed() < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

async fn connect(dialect: Dialect, url: &str) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    connection.execute(sqlx::raw_sql(dialect.on_connect(false))).await?;
    connection.close().await
}
