//! The handle to an engine.

use std::{fmt, sync::Arc};

use crate::{
    Clock, Envelope,
    engine::{ConnectionStats, Engine, EngineError, SubscriptionStats, memory::MemoryEngine},
    parked::ParkedEvents,
};

/// A handle to an engine, cheap to clone.
///
/// | URL | engine |
/// |---|---|
/// | `memory:` | in this process, gone with it |
/// | `sqlite:///data/events.db` | a file, durable (feature `sql`) |
/// | `postgres://user:password@host:5432/events` | PostgreSQL, durable, for several machines (feature `postgres`) |
/// | `amqp://user:password@host:5672/vhost` | RabbitMQ, also with `amqps` (feature `rabbitmq`) |
#[derive(Clone)]
pub struct Bus {
    engine: Arc<dyn Engine>,
    #[cfg(feature = "metrics")]
    metrics: Option<crate::metrics::EventMetrics>,
}

impl Bus {
    /// Opens the engine that a URL names.
    ///
    /// # Errors
    ///
    /// If no engine that is compiled in knows the URL, or it cannot be opened.
    pub async fn open(url: &str) -> Result<Self, EngineError> {
        Self::open_with(url, Clock::system()).await
    }

    /// Opens the engine that a URL names, with a clock of the caller's.
    ///
    /// # Errors
    ///
    /// If no engine that is compiled in knows the URL, or it cannot be opened.
    pub async fn open_with(url: &str, clock: Clock) -> Result<Self, EngineError> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        match scheme {
            "memory" => Ok(Self::new(MemoryEngine::new(clock))),
            #[cfg(feature = "sql")]
            "sqlite" | "postgres" | "postgresql" => {
                Ok(Self::new(crate::engine::sql::SqlEngine::open(url, clock).await?))
            }
            #[cfg(not(feature = "sql"))]
            "sqlite" | "postgres" | "postgresql" => Err(EngineError::unsupported(format!(
                "the engine {scheme} needs the feature `sql` of ticketkit-events"
            ))),
            #[cfg(feature = "rabbitmq")]
            "amqp" | "amqps" => {
                Ok(Self::new(crate::engine::rabbitmq::RabbitMqEngine::open(url, clock).await?))
            }
            #[cfg(not(feature = "rabbitmq"))]
            "amqp" | "amqps" => Err(EngineError::unsupported(format!(
                "the engine {scheme} needs the feature `rabbitmq` of ticketkit-events"
            ))),
            // Only the scheme is repeated: the rest may hold credentials.
            _ => Err(EngineError::unsupported(format!(
                "no engine is known for {scheme:?}; allowed are memory:, sqlite://, postgres:// and amqp://"
            ))),
        }
    }

    /// Returns a bus in this process, with the clock of the system.
    #[must_use]
    pub fn memory() -> Self {
        Self::new(MemoryEngine::new(Clock::system()))
    }

    /// Makes a bus from an engine.
    pub fn new(engine: impl Engine) -> Self {
        Self {
            engine: Arc::new(engine),
            #[cfg(feature = "metrics")]
            metrics: None,
        }
    }

    /// Counts what is published by this handle and its clones, and what subscriptions that are bound
    /// to them handle.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn with_metrics(mut self, metrics: &crate::metrics::EventMetrics) -> Self {
        self.metrics = Some(metrics.clone());
        self
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn metrics(&self) -> Option<&crate::metrics::EventMetrics> {
        self.metrics.as_ref()
    }

    /// Returns the engine.
    #[must_use]
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// Publishes envelopes as they are; one result per envelope.
    ///
    /// A service publishes through a [`Publisher`](crate::Publisher).
    pub async fn publish_envelopes(&self, events: &[Envelope]) -> Vec<Result<(), EngineError>> {
        let results = self.engine.publish(events).await;
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &self.metrics {
            metrics.published(events, &results);
        }
        results
    }

    /// Returns the parked events.
    #[must_use]
    pub fn parked(&self) -> ParkedEvents {
        ParkedEvents::new(self.clone())
    }

    /// Returns the figures of every subscription, by name: on RabbitMQ of those of this process, for
    /// the others see [`survey`](Self::survey).
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn subscriptions(&self) -> Result<Vec<SubscriptionStats>, EngineError> {
        self.engine.stats().await
    }

    /// Returns the figures of the subscriptions of all processes, by name; `also` names some that are
    /// to be looked for although nobody may run them.
    ///
    /// On an engine whose processes share one store it is the same as
    /// [`subscriptions`](Self::subscriptions). On RabbitMQ every process is asked, which takes half a
    /// second; what one holds that does not answer in time is not counted, and a subscription that
    /// nobody runs is found by its name alone. It is for people who look, and not for metrics.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn survey(&self, also: &[&str]) -> Result<Vec<SubscriptionStats>, EngineError> {
        self.engine.survey(also).await
    }

    /// Returns the figures of the connections, of an engine that has a broker.
    #[must_use]
    pub fn connections(&self) -> Option<ConnectionStats> {
        self.engine.connections()
    }

    /// Removes a durable subscription that nobody runs any more, with all that it has not handled;
    /// returns whether it was there.
    ///
    /// Until then events are kept for it. One that still runs gets no further events.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached, or leaves this to its own tools.
    pub async fn remove_subscription(&self, name: &str) -> Result<bool, EngineError> {
        self.engine.remove(name).await
    }

    /// Returns Ok if events can be published and handled at present.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn check(&self) -> Result<(), EngineError> {
        self.engine.check().await
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").field("engine", &self.engine.name()).finish()
    }
}
