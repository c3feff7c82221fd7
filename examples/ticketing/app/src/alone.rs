//! A process with all services is alone on its databases.

use std::time::{Duration, Instant};

use sqlx::AnyConnection;
use ticketkit_events::sql::Database;
use tokio::time::sleep;

use crate::{error::RunError, service::Service};

/// How long a server may take to notice that the process before was killed.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);

const CLAIM: &str = "select pg_try_advisory_lock(hashtextextended('ticketing/all', 0))";

/// Keeps other processes with all services off a server for as long as it lives.
///
/// The data folder has a lock of its own. Here it is a lock of PostgreSQL's, which goes with the
/// connection, however the process ends; a server that restarts has forgotten it.
#[derive(Debug)]
pub(crate) struct Alone {
    _connection: AnyConnection,
}

impl Alone {
    /// Claims the server by the database of the auth service, which takes itself to be the only one
    /// that revokes sessions.
    pub(crate) async fn claim(database: &Database) -> Result<Self, RunError> {
        let deadline = Instant::now() + PATIENCE;
        let failed = RunError::start::<sqlx::Error>;
        let connection = database.reader().acquire().await.map_err(failed(Service::Auth))?;
        let mut connection = connection.detach();
        loop {
            let claim = sqlx::query_scalar(CLAIM).fetch_one(&mut connection).await;
            if claim.map_err(failed(Service::Auth))? {
                return Ok(Self { _connection: connection });
            }
            if Instant::now() >= deadline {
                return Err(RunError::NotAlone);
            }
            sleep(PAUSE).await;
        }
    }
}
