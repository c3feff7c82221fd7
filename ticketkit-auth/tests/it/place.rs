//! Where the database of one test is: a SQLite file, or a database on PostgreSQL.

use std::path::PathBuf;

use tempfile::TempDir;
use ticketkit_events::sql::Database;
use uuid::Uuid;

/// Runs each test once on each database.
macro_rules! on_each_database {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(crate::place::Place::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                #[ignore = "needs PostgreSQL: run cargo xtask test"]
                async fn $name() {
                    super::$name(crate::place::Place::postgres()).await;
                }
            )*
        }
    };
}
pub(crate) use on_each_database;

/// A place for a database that nobody else sees and that is gone with the test.
pub(crate) struct Place {
    url: String,
    folder: Option<TempDir>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file: PathBuf = folder.path().join("auth.db");
        Self { url: format!("sqlite://{}", file.display()), folder: Some(folder) }
    }

    pub(crate) fn postgres() -> Self {
        let url = std::env::var("TICKETKIT_TEST_POSTGRES_URL")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned());
        let (url, query) = url.split_once('?').unwrap_or((&url, ""));
        let (server, _) = url.rsplit_once('/').expect("the URL names a database");
        let url = format!("{server}/test_{}?{query}", Uuid::new_v4().simple());
        Self { url, folder: None }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Opens the database, and makes it where it is missing: each time as another process would.
    pub(crate) async fn open(&self) -> Database {
        Database::open(&self.url).await.expect("the database opens")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.folder.is_some() {
            return;
        }
        let url = self.url.clone();
        // On a thread of its own: this one is of a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                use sqlx::migrate::MigrateDatabase as _;
                // What is left behind is in nobody's way.
                let _ = sqlx::Any::force_drop_database(&url).await;
            });
        });
        let _ = dropping.join();
    }
}
