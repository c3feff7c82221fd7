//! The connections that write, from one transaction to the next.
//!
//! The pool asks each connection that comes back whether it still works: a way there and back, as long
//! as a statement. One that has just committed does. So it goes to the next transaction as it is, and
//! back to the pool when nobody has wanted it for a moment.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{
    Any, AnyConnection, AnyPool, Connection as _, Error, SqlSafeStr as _, any::AnyPoolOptions,
    pool::PoolConnection,
};
use sqlx_core::transaction::TransactionManager;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
    time::{Instant, sleep, timeout},
};

/// What nobody wants for so long goes back to the pool.
const REST: Duration = Duration::from_millis(10);

/// sqlx makes this public for those who implement a database. What it offers instead, a
/// `Transaction`, gives its connection to the pool whenever it ends.
type Manager = <Any as sqlx::Database>::TransactionManager;

/// Hands out connections to those who write, in the order in which they ask.
#[derive(Debug)]
pub(crate) struct Writers {
    pool: AnyPool,
    kept: Arc<Kept>,
    resting: AbortHandle,
}

/// What is not with the pool.
#[derive(Debug)]
struct Kept {
    /// One for each connection.
    turns: Arc<Semaphore>,
    connections: Mutex<Vec<(PoolConnection<Any>, Instant)>>,
    came: Notify,
}

/// A connection that writes. Dropped within a transaction, it rolls back, and goes to the pool.
pub(crate) struct Writer {
    // Only the last step of a transaction takes it out.
    connection: Option<PoolConnection<Any>>,
    in_transaction: bool,
    kept: Arc<Kept>,
    #[expect(dead_code, reason = "the next may have a turn when it is dropped")]
    turn: OwnedSemaphorePermit,
}

impl Writers {
    pub(crate) async fn connect(
        options: AnyPoolOptions,
        connections: u32,
        url: &str,
    ) -> Result<Self, Error> {
        let pool = options.max_connections(connections).connect(url).await?;
        let turns = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        let kept = Arc::new(Kept {
            turns: Arc::new(Semaphore::new(turns)),
            connections: Mutex::default(),
            came: Notify::new(),
        });
        let resting = tokio::spawn(rest(kept.clone())).abort_handle();
        Ok(Self { pool, kept, resting })
    }

    /// Waits for a turn and a connection.
    pub(crate) async fn acquire(&self) -> Result<Writer, Error> {
        let (turn, pool) = self.turn().await?;
        let connection = match self.kept.take() {
            Some(kept) => kept,
            None => pool.acquire().await?,
        };
        let kept = self.kept.clone();
        Ok(Writer { connection: Some(connection), in_transaction: false, kept, turn })
    }

    /// Waits for a turn, and lends the pool for what takes a connection of it by itself: that has one
    /// as long as the turn lasts.
    pub(crate) async fn turn(&self) -> Result<(OwnedSemaphorePermit, &AnyPool), Error> {
        let limit = self.pool.options().get_acquire_timeout();
        let turn = timeout(limit, self.kept.turns.clone().acquire_owned());
        let turn = turn.await.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        Ok((turn, &self.pool))
    }

    /// Waits until all have come back, and closes them.
    pub(crate) async fn close(&self) {
        self.kept.turns.close();
        self.kept.give_back(|_| true);
        self.pool.close().await;
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.resting.abort();
    }
}

impl Kept {
    fn take(&self) -> Option<PoolConnection<Any>> {
        self.connections().pop().map(|(connection, _)| connection)
    }

    fn keep(&self, connection: PoolConnection<Any>) {
        let mut connections = self.connections();
        // Else it goes to the pool, which closes it.
        if !self.turns.is_closed() {
            connections.push((connection, Instant::now()));
            self.came.notify_one();
        }
    }

    /// Gives some back to the pool; returns whether there are others.
    fn give_back(&self, which: impl Fn(Instant) -> bool) -> bool {
        let mut connections = self.connections();
        connections.retain(|(_, since)| !which(*since));
        !connections.is_empty()
    }

    fn connections(&self) -> MutexGuard<'_, Vec<(PoolConnection<Any>, Instant)>> {
        // Nothing panics while it is held.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // The way to the pool is a task, and there may be no runtime any more.
        for (connection, _) in self.connections().drain(..) {
            drop(connection.detach());
        }
    }
}

/// Gives back what nobody has wanted for a moment.
async fn rest(kept: Arc<Kept>) {
    loop {
        kept.came.notified().await;
        loop {
            sleep(REST).await;
            if !kept.give_back(|since| since.elapsed() >= REST) {
                break;
            }
        }
    }
}

impl Writer {
    /// Begins a transaction; only one at a time.
    pub(crate) async fn begin(&mut self, statement: &'static str) -> Result<(), Error> {
        Manager::begin(self, Some(statement.into_sql_str())).await?;
        self.in_transaction = true;
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        Manager::commit(&mut self).await?;
        self.in_transaction = false;
        self.keep();
        Ok(())
    }

    pub(crate) async fn rollback(mut self) -> Result<(), Error> {
        Manager::rollback(&mut self).await?;
        self.in_transaction = false;
        self.keep();
        Ok(())
    }

    /// Ends the turn; the connection has just answered, and goes on with the next. Where a
    /// transaction within the transaction was forgotten, the pool closes it.
    pub(crate) fn keep(mut self) {
        if let Some(connection) = self.connection.take()
            && !connection.is_in_transaction()
        {
            self.kept.keep(connection);
        }
    }
}

impl Deref for Writer {
    type Target = AnyConnection;

    #[expect(clippy::expect_used, reason = "it leaves with the writer itself")]
    fn deref(&self) -> &AnyConnection {
        self.connection.as_ref().expect("a writer that can be named has its connection")
    }
}

impl DerefMut for Writer {
    #[expect(clippy::expect_used, reason = "it leaves with the writer itself")]
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.connection.as_mut().expect("a writer that can be named has its connection")
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.in_transaction
            && let Some(connection) = &mut self.connection
        {
            Manager::start_rollback(connection);
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("in_transaction", &self.in_transaction)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;
    use crate::sql::{
        address::sqlite_url,
        database::{Database, pool},
        dialect::Dialect,
    };

    const BEGIN: &str = "begin immediate";

    async fn writers(folder: &tempfile::TempDir, connections: u32) -> Writers {
        sqlx::any::install_default_drivers();
        let url = format!("{}?mode=rwc", sqlite_url(&folder.path().join("writers.db")));
        let options = pool(Dialect::Sqlite, false).acquire_timeout(Duration::from_secs(1));
        Writers::connect(options, connections, &url).await.unwrap()
    }

    async fn begun(writers: &Writers) -> Writer {
        let mut writer = writers.acquire().await.unwrap();
        writer.begin(BEGIN).await.unwrap();
        writer
    }

    async fn execute(writer: &mut Writer, statement: &'static str) {
        sqlx::raw_sql(statement).execute(&mut **writer).await.unwrap();
    }

    fn kept(writers: &Writers) -> usize {
        writers.kept.connections().len()
    }

    #[tokio::test]
    async fn who_has_committed_hands_the_connection_on_and_the_pool_gets_it_after_a_moment() {
        let folder = tempfile::tempdir().unwrap();
        let writers = writers(&folder, 2).await;
        let mut first = begun(&writers).await;
        // Other connections do not see it.
        execute(&mut first, "create temp table own (n bigint)").await;
        first.commit().await.unwrap();
        let mut second = begun(&writers).await;
        execute(&mut second, "insert into own values (1)").await;
        second.rollback().await.unwrap();
        assert_eq!((kept(&writers), writers.pool.num_idle()), (1, 0));
        while kept(&writers) > 0 || writers.pool.num_idle() == 0 {
            sleep(REST).await;
        }
    }

    #[tokio::test]
    async fn what_is_dropped_is_rolled_back_and_not_handed_on() {
        let folder = tempfile::tempdir().unwrap();
        let writers = writers(&folder, 1).await;
        let mut first = begun(&writers).await;
        execute(&mut first, "create table t (n bigint)").await;
        first.commit().await.unwrap();
        let mut dropped = begun(&writers).await;
        execute(&mut dropped, "insert into t values (1)").await;
        drop(dropped);
        assert_eq!(kept(&writers), 0);
        let mut next = begun(&writers).await;
        let count = sqlx::query("select count(*) from t").fetch_one(&mut *next).await.unwrap();
        assert_eq!(count.get::<i64, _>(0), 0);
    }

    /// A transaction in the transaction that was forgotten: the commit ended that one only.
    #[tokio::test]
    async fn who_is_still_in_a_transaction_is_not_handed_on() {
        let folder = tempfile::tempdir().unwrap();
        let writers = writers(&folder, 1).await;
        let mut writer = begun(&writers).await;
        let inner = sqlx::Connection::begin(&mut *writer).await.unwrap();
        std::mem::forget(inner);
        writer.commit().await.unwrap();
        assert_eq!(kept(&writers), 0);
        begun(&writers).await.commit().await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_for_a_turn_gets_it_in_order_or_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let writers = writers(&folder, 1).await;
        let first = begun(&writers).await;
        let (second, third) = tokio::join!(biased; writers.acquire(), async {
            first.commit().await.unwrap();
            writers.acquire().await
        });
        assert!(second.is_ok());
        // The second has not ended.
        assert!(matches!(third, Err(Error::PoolTimedOut)), "{third:?}");
    }

    #[tokio::test]
    async fn closing_waits_for_those_who_write() {
        let folder = tempfile::tempdir().unwrap();
        let writers = writers(&folder, 2).await;
        begun(&writers).await.commit().await.unwrap();
        let last = begun(&writers).await;
        let mut closing = std::pin::pin!(writers.close());
        assert!(timeout(10 * REST, &mut closing).await.is_err());
        last.commit().await.unwrap();
        closing.await;
        assert_eq!((kept(&writers), writers.pool.size()), (0, 0));
        assert!(matches!(writers.acquire().await, Err(Error::PoolClosed)));
    }

    #[test]
    fn a_database_may_outlive_its_runtime() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let database = runtime.block_on(async {
            let database = Database::open_file(folder.path().join("own.db")).await.unwrap();
            database.begin().await.unwrap().commit().await.unwrap();
            database
        });
        drop(runtime);
        drop(database);
    }
}
