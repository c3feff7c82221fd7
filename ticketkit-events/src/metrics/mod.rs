//! Figures of subscriptions, handlers and outboxes, for a registry of prometheus-client.
//!
//! ```
//! use prometheus_client::registry::Registry;
//! use ticketkit_events::{Bus, metrics::EventMetrics};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut registry = Registry::default();
//! let metrics = EventMetrics::new(&mut registry);
//! let bus = Bus::memory().with_metrics(&metrics);
//! // Beside the service, until its end:
//! tokio::spawn(metrics.clone().run(bus.clone(), std::future::pending()));
//! # }
//! ```
//!
//! With the chassis, `metrics.register(EventMetrics::new)`.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `events_published_total` | `type`, `result` | events that the engine was given: `ok`, `error` |
//! | `events_handled_total` | `subscription`, `type`, `outcome` | attempts: `ok`, `retry` (counted as failed), `permanent`, `not_now`, `cut_off` |
//! | `events_handler_duration_seconds` | `subscription`, `type` | time of an attempt |
//! | `events_handlers_in_flight` | `subscription` | attempts under way in this process |
//! | `events_subscription_pending` | `subscription` | events to be handled, those in flight included |
//! | `events_subscription_in_flight` | `subscription` | of these, claimed by any process |
//! | `events_subscription_retrying` | `subscription` | of these, failed at least once |
//! | `events_subscription_parked` | `subscription` | events that wait for an operator |
//! | `events_subscription_lag_seconds` | `subscription` | age of the oldest pending event |
//! | `events_broker_reconnects` | `engine` | connections that were lost and made again |
//! | `events_broker_unconfirmed` | `engine` | events on their way to the broker |
//! | `events_broker_blocked` | `engine` | 1 while the broker takes no events |
//! | `events_outbox_pending` | `database` | committed and not on the bus |
//! | `events_outbox_failing` | `database` | of these, refused at least once |
//! | `events_outbox_oldest_seconds` | `database` | age of the oldest of them |
//! | `events_scheduled` | `database` | events that wait for their time |
//!
//! Those of subscriptions and outboxes are looked up every 5 s by [`run`](EventMetrics::run), and
//! left out where the engine or the database does not answer: stale figures would look like health.

mod handlers;
mod levels;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use self::levels::{Levels, LevelsCollector};
use crate::{Bus, Clock, Envelope, engine::EngineError};

type Labels<const N: usize> = [(&'static str, String); N];
type Durations = Family<Labels<2>, Histogram, fn() -> Histogram>;

/// How often levels are looked up.
const EVERY: Duration = Duration::from_secs(5);
/// From 0.2 ms, a row in a local file, to 30 s, the limit of a handler.
const BUCKETS: [f64; 14] =
    [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The figures of a process; cheap to clone.
#[derive(Clone)]
pub struct EventMetrics {
    published: Family<Labels<2>, Counter>,
    handled: Family<Labels<3>, Counter>,
    duration: Durations,
    in_flight: Family<Labels<1>, Gauge>,
    levels: Arc<Mutex<Levels>>,
    #[cfg(feature = "sql")]
    databases: Arc<Mutex<Vec<(String, crate::sql::Database)>>>,
}

impl EventMetrics {
    /// Registers the figures: once for a registry.
    #[must_use]
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            published: Family::default(),
            handled: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Family::default(),
            levels: Arc::default(),
            #[cfg(feature = "sql")]
            databases: Arc::default(),
        };
        registry.register(
            "events_published",
            "Events that the engine was given",
            metrics.published.clone(),
        );
        registry.register("events_handled", "Attempts to handle an event", metrics.handled.clone());
        registry.register(
            "events_handler_duration_seconds",
            "Time of an attempt",
            metrics.duration.clone(),
        );
        registry.register(
            "events_handlers_in_flight",
            "Attempts under way in this process",
            metrics.in_flight.clone(),
        );
        registry.register_collector(Box::new(LevelsCollector(metrics.levels.clone())));
        metrics
    }

    /// Looks up the outbox of a database too, under this name.
    #[cfg(feature = "sql")]
    pub fn watch(&self, name: impl Into<String>, database: &crate::sql::Database) {
        self.databases().push((name.into(), database.clone()));
    }

    #[cfg(feature = "sql")]
    fn databases(&self) -> std::sync::MutexGuard<'_, Vec<(String, crate::sql::Database)>> {
        // Nothing panics while it is held.
        self.databases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks up the levels of subscriptions and outboxes every 5 s, until `shutdown`.
    ///
    /// Can be dropped at any time.
    pub async fn run(self, bus: Bus, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            self.refresh(&bus).await;
            tokio::select! {
                () = &mut shutdown => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Looks up the levels now.
    pub async fn refresh(&self, bus: &Bus) {
        let mut levels = Levels::default();
        // An engine or a database that does not answer is told of by the health checks.
        if let Ok(subscriptions) = bus.subscriptions().await {
            levels.take_subscriptions(&subscriptions, Clock::system().now());
        }
        if let Some(stats) = bus.connections() {
            levels.take_connections(bus.engine().name(), stats);
        }
        #[cfg(feature = "sql")]
        {
            let databases = self.databases().clone();
            for (name, database) in databases {
                if let Ok(stats) = database.outbox_stats().await {
                    levels.take_outbox(&name, &stats, database.clock().now());
                }
            }
        }
        *self.levels.lock().unwrap_or_else(PoisonError::into_inner) = levels;
    }

    pub(crate) fn published(&self, events: &[Envelope], results: &[Result<(), EngineError>]) {
        for (event, result) in events.iter().zip(results) {
            let result = if result.is_ok() { "ok" } else { "error" };
            let labels = [("type", event.kind.clone()), ("result", result.to_owned())];
            self.published.get_or_create(&labels).inc();
        }
    }
}

impl fmt::Debug for EventMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventMetrics").finish_non_exhaustive()
    }
}
