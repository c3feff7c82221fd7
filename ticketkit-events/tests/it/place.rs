//! Where the databases of one test are: SQLite files in a folder, or databases on PostgreSQL.

use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;
#[cfg(feature = "postgres")]
use uuid::Uuid;

/// Runs each test once for each database.
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

        #[cfg(feature = "postgres")]
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

/// A place for databases that nobody else sees and that is gone with the test.
pub(crate) struct Place {
    kind: Kind,
    /// Those that were named, on a server.
    made: Mutex<Vec<String>>,
}

enum Kind {
    Folder(TempDir),
    #[cfg(feature = "postgres")]
    Server {
        url: String,
        prefix: String,
    },
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self { kind: Kind::Folder(tempfile::tempdir().unwrap()), made: Mutex::default() }
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn postgres() -> Self {
        let url = std::env::var("TICKETKIT_TEST_POSTGRES_URL")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned());
        let prefix = format!("test_{}_", Uuid::new_v4().simple());
        Self { kind: Kind::Server { url, prefix }, made: Mutex::default() }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        !matches!(self.kind, Kind::Folder(_))
    }

    /// Returns the URL of one of its databases; opening makes it.
    pub(crate) fn url(&self, name: &str) -> String {
        match &self.kind {
            Kind::Folder(folder) => {
                format!("sqlite://{}", folder.path().join(format!("{name}.db")).display())
            }
            #[cfg(feature = "postgres")]
            Kind::Server { url, prefix } => {
                let (url, query) = url.split_once('?').unwrap_or((url, ""));
                let (server, _) = url.rsplit_once('/').unwrap();
                let url = format!("{server}/{prefix}{name}?{query}");
                let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
                if !made.contains(&url) {
                    made.push(url.clone());
                }
                url
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        if made.is_empty() {
            return;
        }
        // On a thread of its own: this one may be of a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                use sqlx::migrate::MigrateDatabase as _;
                sqlx::any::install_default_drivers();
                for url in made {
                    // What is left behind is in nobody's way.
                    let _ = sqlx::Any::force_drop_database(&url).await;
                }
            });
        });
        let _ = dropping.join();
    }
}
