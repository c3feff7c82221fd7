use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{AnyConnection, AnyPool, Connection, Executor, any::AnyPoolOptions};
use tokio::sync::Notify;

use super::{
    DatabaseError, Migration, Tx,
    dialect::{Dialect, sqlite_url},
    error::Kind,
    migration,
    probe::probe,
};
use crate::{Clock, Timestamp};

const OWN_MIGRATIONS: &[Migration] =
    &[Migration::new(1, "outbox, inbox, schedules", include_str!("schema.sql"))];
const READERS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// The database of one service; cheap to clone.
///
/// Reads go through [`reader`](Self::reader), a pool. Writes go through
/// [`begin`](Self::begin): on SQLite there is one writing connection, and
/// transactions get it in the order in which they asked, so a transaction must not
/// wait for anything slow. A commit is durable when it returns: WAL with
/// `synchronous = FULL`.
#[derive(Clone, Debug)]
pub struct Database {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    dialect: Dialect,
    reader: AnyPool,
    writer: AnyPool,
    clock: Clock,
    outbox: Notify,
}

/// What a power cut may undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Nothing that was committed.
    Full,
    /// The last transactions; only for what is done again then.
    Relaxed,
}

impl Database {
    /// Opens the database that a URL names, such as `sqlite:///data/orders.db`.
    ///
    /// A SQLite file is made if it is missing, its folder is not. The tables of the
    /// outbox, the inbox and the schedules are made or brought up to date.
    ///
    /// # Errors
    ///
    /// If the URL is not understood, or the database cannot be opened or migrated.
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        Self::open_with(url, Clock::system()).await
    }

    /// Opens a SQLite file.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or migrated.
    pub async fn open_file(path: impl AsRef<Path>) -> Result<Self, DatabaseError> {
        Self::open(&sqlite_url(path.as_ref())).await
    }

    /// Opens the database that a URL names, with a clock of the caller's.
    ///
    /// # Errors
    ///
    /// If the URL is not understood, or the database cannot be opened or migrated.
    pub async fn open_with(url: &str, clock: Clock) -> Result<Self, DatabaseError> {
        let database = Self::connect(url, clock).await?;
        database.migrate_own("_ticketkit_migrations", OWN_MIGRATIONS).await?;
        Ok(database)
    }

    /// Opens the pools and no tables.
    pub(crate) async fn connect(url: &str, clock: Clock) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(url)?;
        // For messages: no query, and nobody's password.
        let name = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let name = name.rsplit_once('@').map_or(name.clone(), |(_, host)| host.to_owned());
        let failed = |source| Kind::Open { name: name.clone(), source };
        let url = dialect.url(url);
        probe(dialect, &url).await.map_err(failed)?;
        let writer = pool(dialect, false)
            .max_connections(dialect.writers())
            .connect(&url)
            .await
            .map_err(failed)?;
        let reader =
            pool(dialect, true).max_connections(READERS).connect_lazy(&url).map_err(failed)?;
        let outbox = Notify::new();
        Ok(Self { inner: Arc::new(Inner { name, dialect, reader, writer, clock, outbox }) })
    }

    /// Brings the service's own tables up to date.
    ///
    /// # Errors
    ///
    /// If a step fails, or one that has run was changed since.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), DatabaseError> {
        self.migrate_own("_sqlx_migrations", migrations).await
    }

    pub(crate) async fn migrate_own(
        &self,
        table: &'static str,
        migrations: &[Migration],
    ) -> Result<(), DatabaseError> {
        migration::run(self, self.inner.dialect, table, migrations).await.map_err(|source| {
            Kind::Migrate { name: self.inner.name.clone(), source: Box::new(source) }.into()
        })
    }

    /// Returns the pool to read from; it refuses to write.
    #[must_use]
    pub fn reader(&self) -> &AnyPool {
        &self.inner.reader
    }

    pub(crate) fn writer(&self) -> &AnyPool {
        &self.inner.writer
    }

    /// Begins a transaction; it sees, and keeps others from changing, everything.
    ///
    /// Who holds a transaction and begins another waits for itself.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached, or its writer is not free within 30 s.
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.begin_with(Durability::Full).await
    }

    pub(crate) async fn begin_with(&self, durability: Durability) -> Result<Tx, sqlx::Error> {
        let statement = self.inner.dialect.begin(durability);
        Ok(Tx::new(self.inner.writer.begin_with(statement).await?, self.clone()))
    }

    /// Returns the clock that it was opened with.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn lease(&self) -> Duration {
        self.inner.dialect.lease()
    }

    /// Is notified when a transaction with outbox rows was committed here.
    pub(crate) fn outbox(&self) -> &Notify {
        &self.inner.outbox
    }

    /// Returns Ok if the database answers, for readiness.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn check(&self) -> Result<(), sqlx::Error> {
        sqlx::query("select 1").fetch_one(self.reader()).await.map(drop)
    }

    /// Closes all connections; transactions in flight end first.
    pub async fn close(&self) {
        self.inner.reader.close().await;
        self.inner.writer.close().await;
    }
}

fn pool(dialect: Dialect, read_only: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // Connections to a file do not go stale, and a ping each time costs a
        // round trip to the connection's thread.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(sqlx::raw_sql(dialect.on_connect(read_only))).await?;
                connection.clear_cached_statements().await
            })
        })
        .after_release(|connection, _| Box::pin(is_sound(connection)))
}

/// Returns whether a connection that comes back can be used again.
///
/// SQLite rolls back by itself when a disk is full or fails (seen with 3.50). sqlx 0.9 does not
/// notice: its own rollback fails, and it takes the connection to be in a transaction for ever.
async fn is_sound(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A rollback by drop may be under way; this waits for it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}
