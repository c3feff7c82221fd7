//! The SQL engine: events as rows of a database of its own, durable.
//!
//! Opened by `sqlite:///path/events.db` or, with the feature `postgres`, by
//! `postgres://user:password@host/events`.
//!
//! `publish` is Ok when the events are committed and synced. A delivery is a row
//! for each subscription, made in the same transaction, claimed by its state and
//! deleted when it is done. Claims carry a lease and a fence: what a killed process
//! held comes back after 1.5 s (SQLite) or 5 s (PostgreSQL), and a late settlement of a lost claim does nothing.
//! Events that all have handled stay for a day, or as [`SqlOptions`] say, so that a subscription that
//! is new can [replay](crate::Subscription::replay) them.
//!
//! Consumers in the publishing process wake by the commit, those of others by a
//! poll of up to a second.

mod claim;
mod consumer;
mod declare;
mod operate;
mod options;
mod publish;
mod settle;
mod sweep;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

use tokio::sync::Notify;

pub use self::options::SqlOptions;
use super::{Capabilities, Consumer, Engine, EngineError, SubscriptionSpec, SubscriptionStats};
use crate::{
    BoxFuture, Clock, Envelope, EventId, Timestamp,
    parked::{ParkedEvent, ParkedId},
    sql::{Database, Migration, address::Address},
};

const MIGRATIONS: &[Migration] =
    &[Migration::new(1, "events, subscriptions, deliveries", include_str!("schema.sql"))];
/// The lock of who gets what: publishers share it. Without it an event that is published while its
/// subscription is removed would be kept for nobody, and for ever.
const ROUTES: &str = "ticketkit/routes";

/// States of a row in `ticketkit_deliveries`.
mod state {
    pub(super) const READY: i64 = 0;
    pub(super) const CLAIMED: i64 = 1;
    pub(super) const PARKED: i64 = 2;
}

/// The SQL engine; clones share everything.
#[derive(Clone)]
pub struct SqlEngine {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    options: SqlOptions,
    wakeups: Mutex<HashMap<String, Arc<Notify>>>,
    swept_at: Mutex<Option<Timestamp>>,
    /// How many bytes this process has published since.
    published: AtomicU64,
}

impl SqlEngine {
    /// Opens the engine, and makes its file and tables if they are missing.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened or migrated.
    pub async fn open(url: &str, clock: Clock) -> Result<Self, EngineError> {
        Self::open_with(url, SqlOptions::default(), clock).await
    }

    /// Opens the engine with other limits to what it keeps.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(
        url: &str,
        options: SqlOptions,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let failed = |error| EngineError::failed("the sql engine cannot be opened", error);
        let database = Database::connect(url, clock).await.map_err(|error| {
            if error.is_url() { EngineError::unsupported(error.to_string()) } else { failed(error) }
        })?;
        database.migrate_own("_ticketkit_engine_migrations", MIGRATIONS).await.map_err(failed)?;
        Ok(Self {
            inner: Arc::new(Inner {
                database,
                options,
                wakeups: Mutex::default(),
                swept_at: Mutex::default(),
                published: AtomicU64::new(0),
            }),
        })
    }
}

impl SqlEngine {
    /// Reads the subscriptions that the database of an engine has, each with the types of events that
    /// it gets, both in alphabetical order. Nothing is made or changed, and it may be done beside
    /// running programs. Subscriptions of single instances, which pass by themselves, are left out.
    ///
    /// Returns none if there is no such database, or no engine has opened it yet.
    ///
    /// # Errors
    ///
    /// If the URL is not understood, or the database cannot be read.
    pub async fn declared(url: &str) -> Result<Option<BTreeMap<String, Vec<String>>>, EngineError> {
        let address =
            Address::parse(url).map_err(|error| EngineError::unsupported(error.to_string()))?;
        declare::read(&address).await.map_err(failed("be read"))
    }
}

impl Inner {
    fn wakeups(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        // Nothing panics while it is held.
        self.wakeups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what wakes the consumers of a subscription in this process.
    fn wakeup(&self, subscription: &str) -> Arc<Notify> {
        self.wakeups().entry(subscription.to_owned()).or_default().clone()
    }

    fn wake<'a>(&self, subscriptions: impl IntoIterator<Item = &'a str>) {
        let wakeups = self.wakeups();
        for subscription in subscriptions {
            if let Some(wakeup) = wakeups.get(subscription) {
                wakeup.notify_waiters();
            }
        }
    }
}

/// Says what the engine could not do.
fn failed(what: &'static str) -> impl Fn(sqlx::Error) -> EngineError {
    move |source| EngineError::failed(format!("the sql engine cannot {what}"), source)
}

impl Engine for SqlEngine {
    fn name(&self) -> &'static str {
        "sql"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ordered_keys: true,
            fan_out: true,
            durable: true,
            delayed_retry: true,
            replay: true,
        }
    }

    fn publish<'a>(
        &'a self,
        events: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), EngineError>>> {
        Box::pin(async move {
            match self.inner.publish(events).await {
                Ok(()) => events.iter().map(|_| Ok(())).collect(),
                Err(error) if events.len() > 1 && !crate::sql::is_outage(&error) => {
                    self.inner.publish_singly(events).await
                }
                Err(error) => {
                    let text = crate::handler::describe(&error);
                    let refused =
                        || EngineError::failed("the sql engine cannot take events", text.as_str());
                    events.iter().map(|_| Err(refused())).collect()
                }
            }
        })
    }

    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>> {
        Box::pin(async move {
            let consumer = consumer::SqlConsumer::declare(self.inner.clone(), spec)
                .await
                .map_err(failed("declare a subscription"))?;
            Ok(Box::new(consumer) as Box<dyn Consumer>)
        })
    }

    fn parked<'a>(
        &'a self,
        subscription: &'a str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ParkedEvent>, EngineError>> {
        Box::pin(async move {
            self.inner
                .parked(subscription, after, limit)
                .await
                .map_err(failed("list parked events"))
        })
    }

    fn redrive<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        Box::pin(async move {
            self.inner.redrive(subscription, event).await.map_err(failed("redrive parked events"))
        })
    }

    fn discard<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        Box::pin(async move {
            self.inner.discard(subscription, event).await.map_err(failed("discard parked events"))
        })
    }

    fn stats(&self) -> BoxFuture<'_, Result<Vec<SubscriptionStats>, EngineError>> {
        Box::pin(async move { self.inner.stats().await.map_err(failed("count its events")) })
    }

    fn remove<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<bool, EngineError>> {
        Box::pin(async move {
            self.inner.remove(subscription).await.map_err(failed("remove a subscription"))
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async move { self.inner.database.check().await.map_err(failed("be reached")) })
    }
}

impl fmt::Debug for SqlEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlEngine").field("database", &self.inner.database).finish()
    }
}
