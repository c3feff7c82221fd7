use std::{convert::Infallible, path::Path, sync::Arc, time::Duration};

use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, any::AnyPoolOptions};

use super::{
    DatabaseError, Migration, Tx,
    address::{Address, sqlite_url},
    dialect::Dialect,
    drift::{self, Drift},
    error::Kind,
    migration, own,
    probe::probe,
    wake::Wake,
    writers::Writers,
};
use crate::{Clock, Timestamp};

/// Where the steps of the service are recorded.
const TABLE: &str = "_sqlx_migrations";
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// The database of one service; cheap to clone.
///
/// | | SQLite | PostgreSQL (feature `postgres`) |
/// |---|---|---|
/// | URL | `sqlite:///data/orders.db` | `postgres://user:password@host:5432/orders` |
/// | made if it is missing | the file, not its folder | the database, where the user may |
/// | transactions at the same time | 1, in the order in which they asked | `connections` of the URL, 8 by default |
/// | isolation | each is alone | read committed: see [`Tx::lock`] |
/// | connections that read | 4 | half as many as write, at least 2 |
/// | a commit is | synced (WAL, `synchronous = full`) | as durable as the server's `synchronous_commit` says |
/// | one more connection | | listens, while a [`Relay`](super::Relay) runs |
/// | TLS | | `sslmode=require`, `verify-full`, … of the URL; `prefer` by default |
///
/// Reads go through [`reader`](Self::reader), writes through [`begin`](Self::begin). A service has
/// a database of its own: its tables have the names that it likes, and those that begin with
/// `ticketkit_` are ours.
#[derive(Clone, Debug)]
pub struct Database {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: Address,
    reader: AnyPool,
    writers: Arc<Writers>,
    clock: Clock,
    wake: Wake,
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
    /// The tables of the outbox, the inbox and the schedules are made or brought up to date. Several
    /// processes may do this at once. A server that is starting is waited for, up to 10 s.
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
        database.migrate_own(own::TABLE, own::steps(database.dialect())).await?;
        Ok(database)
    }

    /// Opens the pools and no tables.
    pub(crate) async fn connect(url: &str, clock: Clock) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let address = Address::parse(url)?;
        let dialect = address.dialect;
        let failed = |source| Kind::Open { name: address.name.clone(), source };
        probe(&address).await.map_err(failed)?;
        let writers = Writers::connect(pool(dialect, false), address.connections, &address.url);
        let writers = Arc::new(writers.await.map_err(failed)?);
        let reader = pool(dialect, true)
            .max_connections(dialect.readers(address.connections))
            .connect_lazy(&address.url)
            .map_err(failed)?;
        let wake = Wake::new(dialect, &writers, &reader);
        Ok(Self { inner: Arc::new(Inner { address, reader, writers, clock, wake }) })
    }

    /// Brings the service's own tables up to date.
    ///
    /// # Errors
    ///
    /// If a step fails, or one that has run was changed since.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), DatabaseError> {
        self.migrate_own(TABLE, migrations).await
    }

    /// Brings the tables of a library up to date, of which the steps are counted in `table`: apart
    /// from those of the service and of other libraries.
    ///
    /// # Errors
    ///
    /// As [`migrate`](Self::migrate).
    pub async fn migrate_own(
        &self,
        table: &'static str,
        migrations: &[Migration],
    ) -> Result<(), DatabaseError> {
        migration::run(self, self.dialect(), table, migrations).await.map_err(|source| {
            Kind::Migrate { name: self.inner.address.name.clone(), source: Box::new(source) }.into()
        })
    }

    /// Compares the database that a URL names with the steps that a program knows, the library's own
    /// among them: what has not run, and what the program would refuse to start on. Nothing is made
    /// or changed, and it may be done beside running programs.
    ///
    /// Returns none if there is no such database; the first start makes it.
    ///
    /// # Errors
    ///
    /// If the URL is not understood, or the database cannot be read.
    pub async fn drift(
        url: &str,
        migrations: &[Migration],
    ) -> Result<Option<Vec<Drift>>, DatabaseError> {
        let address = Address::parse(url)?;
        let dialect = address.dialect;
        let compared = async {
            let Some(mut connection) = drift::look(&address).await? else { return Ok(None) };
            let mut found = Vec::new();
            for (table, steps) in [(own::TABLE, own::steps(dialect)), (TABLE, migrations)] {
                found.extend(drift::compare(&mut connection, dialect, table, steps).await?);
            }
            connection.close().await?;
            Ok(Some(found))
        };
        compared.await.map_err(|source| Kind::Look { name: address.name.clone(), source }.into())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.inner.address.dialect
    }

    /// Returns the pool to read from; it refuses to write.
    #[must_use]
    pub fn reader(&self) -> &AnyPool {
        &self.inner.reader
    }

    pub(crate) fn writers(&self) -> &Writers {
        &self.inner.writers
    }

    /// Begins a transaction.
    ///
    /// On SQLite it is the only one: nobody changes what it has read. On PostgreSQL others run beside
    /// it; what has to stay as it was read is locked, by [`Tx::lock`] or by changing it. It must not
    /// wait for anything slow, and who holds one and begins another may wait for itself.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached, or no connection is free within 30 s.
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.begin_with(Durability::Full).await
    }

    pub(crate) async fn begin_with(&self, durability: Durability) -> Result<Tx, sqlx::Error> {
        let statement = self.dialect().begin(durability);
        let mut writer = self.writers().acquire().await?;
        writer.begin(statement).await?;
        Ok(Tx::new(writer, self.clone()))
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
        self.dialect().lease()
    }

    pub(crate) fn relay_lease(&self) -> Duration {
        self.dialect().relay_lease()
    }

    pub(crate) fn relay_workers(&self) -> usize {
        self.dialect().relay_workers(self.inner.address.connections)
    }

    pub(crate) fn partitions_at_once(&self) -> usize {
        self.dialect().partitions_at_once()
    }

    /// Returns what wakes relays when a transaction with outbox rows was committed.
    pub(crate) fn wake(&self) -> &Wake {
        &self.inner.wake
    }

    /// Returns whether [`hear`](Self::hear) hears anything.
    pub(crate) fn hears_others(&self) -> bool {
        self.dialect() == Dialect::Postgres
    }

    /// Passes on to [`wake`](Self::wake) what other processes commit, until the connection fails;
    /// for ever where there is no way to hear of it.
    pub(crate) async fn hear(&self) -> Result<Infallible, sqlx::Error> {
        #[cfg(feature = "postgres")]
        if self.hears_others() {
            return self.inner.wake.hear(&self.inner.address.url).await;
        }
        std::future::pending().await
    }

    /// Returns Ok if the database answers, for readiness.
    ///
    /// A SQLite file is also written to, in its turn: from a full disk, reading goes on.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn check(&self) -> Result<(), sqlx::Error> {
        match self.dialect() {
            Dialect::Sqlite => self.rewrite().await,
            Dialect::Postgres => sqlx::query("select 1").fetch_one(self.reader()).await.map(drop),
        }
    }

    /// Writes a page with what is on it already, in the header of the file.
    async fn rewrite(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        let select = sqlx::query_scalar("pragma user_version");
        let version: i64 = select.fetch_one(tx.conn()).await?;
        let pragma = AssertSqlSafe(format!("pragma user_version = {version}"));
        tx.conn().execute(sqlx::raw_sql(pragma)).await?;
        tx.commit().await
    }

    /// Closes all connections; transactions in flight end first.
    pub async fn close(&self) {
        self.inner.reader.close().await;
        self.inner.writers.close().await;
    }
}

pub(super) fn pool(dialect: Dialect, read_only: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A ping each time costs a round trip.
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            Box::pin(async move {
                if dialect.suspect_after().is_some_and(|limit| meta.idle_for > limit) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .idle_timeout(dialect.idle_timeout())
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
