use std::fmt;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Database, dialect::Dialect, slot::Slot, writers::Writer};
use crate::{Causation, Envelope, EventContext, HandlerError, PublishError, handler::FromContext};

/// A writing transaction: business rows, and the events about them.
///
/// Dropping it rolls it back. As an argument of a handler it belongs to the runner,
/// which commits it, with the inbox row, when the handler and all layers have
/// returned Ok.
pub struct Tx {
    // Only `commit`, `rollback` and `drop` take it out.
    parts: Option<Parts>,
    home: Option<Slot>,
}

pub(crate) struct Parts {
    writer: Writer,
    database: Database,
    causation: Option<Causation>,
    published: bool,
}

impl Parts {
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.writer.commit().await?;
        if self.published {
            self.database.wake().committed();
        }
        Ok(())
    }

    pub(crate) async fn roll_back(self) -> Result<(), sqlx::Error> {
        self.writer.rollback().await
    }
}

impl Tx {
    pub(crate) fn new(writer: Writer, database: Database) -> Self {
        let parts = Parts { writer, database, causation: None, published: false };
        Self { parts: Some(parts), home: None }
    }

    /// Lends it to a handler: it goes back to `home` when it is dropped.
    pub(crate) fn lend(mut self, home: Slot, causation: Causation) -> Self {
        self.set_causation(causation);
        self.home = Some(home);
        self
    }

    #[expect(clippy::expect_used, reason = "the parts leave with the transaction itself")]
    fn parts(&mut self) -> &mut Parts {
        self.parts.as_mut().expect("a transaction that can be named is not over")
    }

    /// Returns the connection, to execute statements on.
    pub fn conn(&mut self) -> &mut AnyConnection {
        &mut self.parts().writer
    }

    /// Waits until no other transaction of this database has locked `name`, and keeps it locked
    /// until this one ends.
    ///
    /// For what is read first and decided upon, such as `ticket/42`: on PostgreSQL two transactions
    /// can read the same and both write. On SQLite there is nothing to wait for, since transactions
    /// run one after the other. Who takes several takes them in one order everywhere, or
    /// PostgreSQL ends one of two that wait for each other.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached, or ends the transaction so that others can go on.
    pub async fn lock(&mut self, name: &str) -> Result<(), sqlx::Error> {
        self.lock_with("select pg_advisory_xact_lock(hashtextextended($1, 0))", name).await
    }

    /// Like [`lock`](Self::lock), but others may share it: it waits, and keeps waiting, only those
    /// who want the name for themselves.
    ///
    /// # Errors
    ///
    /// As for [`lock`](Self::lock).
    pub async fn lock_shared(&mut self, name: &str) -> Result<(), sqlx::Error> {
        self.lock_with("select pg_advisory_xact_lock_shared(hashtextextended($1, 0))", name).await
    }

    /// Like [`lock_shared`](Self::lock_shared) for each of several names, in one round trip.
    ///
    /// # Errors
    ///
    /// As for [`lock`](Self::lock).
    pub async fn lock_shared_all(&mut self, names: &[impl AsRef<str>]) -> Result<(), sqlx::Error> {
        if names.is_empty() || self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        // The `Any` driver binds no arrays.
        let locks: Vec<_> = (1..=names.len())
            .map(|n| format!("pg_advisory_xact_lock_shared(hashtextextended(${n}, 0))"))
            .collect();
        let statement = format!("select {}", locks.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for name in names {
            query = query.bind(name.as_ref().to_owned());
        }
        query.execute(self.conn()).await.map(drop)
    }

    pub(crate) fn dialect(&mut self) -> Dialect {
        self.parts().database.dialect()
    }

    async fn lock_with(&mut self, statement: &'static str, name: &str) -> Result<(), sqlx::Error> {
        match self.dialect() {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => {
                sqlx::query(statement).bind(name).execute(self.conn()).await.map(drop)
            }
        }
    }

    /// Says what causes the events that are published in it.
    ///
    /// A handler's transaction knows. A request's should be told the request id.
    pub fn set_causation(&mut self, causation: Causation) {
        self.parts().causation = Some(causation);
    }

    /// Publishes events that were wrapped before (`Publisher::envelope`), in their order: each keeps
    /// its id, time and causation, whatever this transaction was told. All of them are published if,
    /// and only if, the transaction commits.
    ///
    /// # Errors
    ///
    /// If the database refuses them.
    pub async fn publish_envelopes(&mut self, envelopes: &[Envelope]) -> Result<(), PublishError> {
        self.enqueue_all(envelopes).await.map_err(PublishError::database)
    }

    pub(crate) fn causation(&self) -> Option<&Causation> {
        self.parts.as_ref()?.causation.as_ref()
    }

    /// Makes everything durable and visible, and wakes the relay.
    ///
    /// If this future is dropped, the transaction is committed or rolled back.
    ///
    /// # Errors
    ///
    /// If the database cannot, and then nothing of it happened; or if this is the
    /// transaction of a handler, which its runner commits.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        if self.home.is_some() {
            return Err(sqlx::Error::Configuration(
                "the transaction of a handler is committed by its runner: return Ok instead".into(),
            ));
        }
        match self.parts.take() {
            Some(parts) => parts.commit().await,
            None => Ok(()),
        }
    }

    /// Undoes everything. Dropping does too, a little later.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached; it then rolls back by itself.
    pub async fn rollback(mut self) -> Result<(), sqlx::Error> {
        match self.parts.take() {
            Some(parts) => parts.roll_back().await,
            None => Ok(()),
        }
    }

    /// Has the relay woken by the commit.
    pub(crate) fn wake_relay(&mut self) {
        self.parts().published = true;
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let (Some(parts), Some(home)) = (self.parts.take(), &self.home) {
            home.give_back(parts);
        }
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("of_a_handler", &self.home.is_some()).finish_non_exhaustive()
    }
}

impl<S: Sync> FromContext<S> for Tx {
    const OPENS_TX: bool = true;

    async fn from_context(context: &EventContext, _: &S) -> Result<Self, HandlerError> {
        context.slot().lend(Causation::by(context.envelope())).await
    }
}
