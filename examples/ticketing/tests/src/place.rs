//! Where a service keeps its rows in a test of its own: SQLite files in a folder, or databases on a
//! PostgreSQL.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;
use uuid::Uuid;

/// Tells which: `postgres`, on the server that [`SERVER`] names, or SQLite.
const SWITCH: &str = "TICKETING_TEST_DATABASE";
const SERVER: &str = "TICKETKIT_TEST_POSTGRES_URL";

/// A place for databases that is gone when it is dropped.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
    server: Option<Server>,
}

#[derive(Debug)]
struct Server {
    /// The URL without a database.
    url: String,
    prefix: String,
    made: Mutex<Vec<String>>,
}

impl Place {
    /// Makes one where the environment says: one switch runs a whole suite on PostgreSQL.
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        let server = match std::env::var(SWITCH).as_deref() {
            Err(_) | Ok("" | "sqlite") => None,
            Ok("postgres") => {
                let url = std::env::var(SERVER).unwrap_or_default();
                assert!(!url.is_empty(), "{SWITCH} is postgres, and {SERVER} names no server");
                Some(Server::new(&url))
            }
            Ok(other) => panic!("{SWITCH} is {other:?}; allowed are sqlite and postgres"),
        };
        Self { folder: tempfile::tempdir().expect("a folder"), server }
    }

    /// A folder, for whatever else is kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the URL of a database, always the same for a name; opening it makes it.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        match &self.server {
            None => format!("sqlite://{}", self.folder().join(format!("{name}.db")).display()),
            Some(server) => server.database(name),
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    fn new(url: &str) -> Self {
        let (url, _) = url.split_once('?').unwrap_or((url, ""));
        let (url, _) = url.rsplit_once('/').expect("a URL with a database");
        let prefix = format!("test_{}", Uuid::new_v4().simple());
        Self { url: url.to_owned(), prefix, made: Mutex::default() }
    }

    fn database(&self, name: &str) -> String {
        let url = format!("{}/{}_{name}", self.url, self.prefix);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !made.contains(&url) {
            made.push(url.clone());
        }
        url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        // On a thread of its own: this one may be of a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                use sqlx::migrate::MigrateDatabase as _;
                for url in made {
                    // What is left behind is in nobody's way.
                    let _ = sqlx::Postgres::force_drop_database(&url).await;
                }
            });
        });
        let _ = dropping.join();
    }
}
