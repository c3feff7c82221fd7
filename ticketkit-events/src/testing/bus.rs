use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use super::recorder::Recorder;
use crate::{
    Bus, Clock, Envelope, Event, EventId, Publisher, Timestamp,
    engine::{SubscriptionSpec, memory::MemoryEngine},
    parked::ParkedEvent,
};

/// Longer than anything takes that is not stuck.
const DEADLINE: Duration = Duration::from_secs(20);
/// Where a manual clock begins: 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A bus in memory for tests, with all that passed through it; cheap to clone.
///
/// Its methods panic where a test has failed.
#[derive(Clone, Debug)]
pub struct TestBus {
    bus: Bus,
    clock: Clock,
    recorder: Arc<Recorder>,
    #[cfg(feature = "sql")]
    databases: Arc<std::sync::Mutex<Vec<crate::sql::Database>>>,
}

impl Default for TestBus {
    fn default() -> Self {
        Self::new()
    }
}

impl TestBus {
    /// Makes a bus with a clock of its own, that stands until it is moved.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Clock::manual(START))
    }

    /// Makes a bus that goes by a clock of the caller's.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        let recorder = Arc::new(Recorder::new(MemoryEngine::new(clock.clone())));
        Self {
            bus: Bus::new(recorder.clone()),
            clock,
            recorder,
            #[cfg(feature = "sql")]
            databases: Arc::default(),
        }
    }

    /// Returns the bus, to give to the service.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Returns the clock that retries and delays go by, to give to the service too.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Lets [`settled`](Self::settled) wait for the outbox of a database, whose relay runs.
    #[cfg(feature = "sql")]
    pub fn watch(&self, database: &crate::sql::Database) {
        self.databases().push(database.clone());
    }

    #[cfg(feature = "sql")]
    fn databases(&self) -> std::sync::MutexGuard<'_, Vec<crate::sql::Database>> {
        // Nothing panics while it is held.
        self.databases.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Publishes an event in the name of another service, and waits for what follows from it.
    pub async fn tell<E: Event>(&self, source: &str, event: &E) -> EventId {
        let publisher = Publisher::new(source).with_clock(self.clock.clone());
        match publisher.publish(&self.bus, event).await {
            Ok(id) => {
                self.settled().await;
                id
            }
            Err(error) => panic!("{} was not published: {error}", E::SUBJECT),
        }
    }

    /// Moves the clock, and waits for what follows from it.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.settled().await;
    }

    /// Returns all events of a type that were published so far, in their order.
    #[must_use]
    pub fn published<E: Event>(&self) -> Vec<E> {
        let all = self.envelopes();
        let of_type = all.iter().filter(|envelope| envelope.kind == E::SUBJECT);
        let decode = |envelope: &Envelope| match envelope.decode() {
            Ok(event) => event,
            Err(error) => panic!("{} was published and is none: {error}", envelope.data),
        };
        of_type.map(decode).collect()
    }

    /// Returns everything that was published so far, in its order, with all attributes.
    #[must_use]
    pub fn envelopes(&self) -> Vec<Envelope> {
        self.recorder.published().clone()
    }

    /// Forgets what was published so far.
    pub fn clear(&self) {
        self.recorder.published().clear();
    }

    /// Returns what was asked for by each subscription that was bound, in that order.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<SubscriptionSpec> {
        self.recorder.specs().clone()
    }

    /// Waits until nothing is under way; what waits for a later time is left out.
    ///
    /// Panics after 20 s with what is left.
    pub async fn settled(&self) {
        let start = Instant::now();
        while !self.is_settled().await {
            if start.elapsed() > DEADLINE {
                panic!("after {DEADLINE:?} there is still work:{}", self.left().await);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Looks at the engine before and after the outboxes: what leaves the one comes into the other,
    /// so if nothing was published in between, there was a moment in which all were empty.
    async fn is_settled(&self) -> bool {
        let before = self.recorder.published().len();
        if !self.recorder.inner.is_idle() {
            return false;
        }
        #[cfg(feature = "sql")]
        {
            let databases = self.databases().clone();
            for database in databases {
                if database.outbox_stats().await.is_ok_and(|stats| stats.pending > 0) {
                    return false;
                }
            }
        }
        self.recorder.inner.is_idle() && self.recorder.published().len() == before
    }

    async fn left(&self) -> String {
        let mut text = String::new();
        for stats in self.bus.subscriptions().await.unwrap_or_default() {
            if stats.pending > 0 {
                // A String takes everything that is written.
                let _ = write!(text, " {} events for {:?};", stats.pending, stats.name);
            }
        }
        #[cfg(feature = "sql")]
        {
            let databases = self.databases().clone();
            for database in databases {
                let stats = database.outbox_stats().await;
                let _ = write!(text, " {stats:?} of {database:?};");
            }
        }
        text
    }

    /// Returns all parked events, of all subscriptions.
    pub async fn parked(&self) -> Vec<ParkedEvent> {
        let mut all = Vec::new();
        for stats in self.bus.subscriptions().await.unwrap_or_default() {
            let parked = self.bus.parked().list(&stats.name, None, usize::MAX).await;
            all.extend(parked.unwrap_or_default());
        }
        all
    }

    /// Panics with the errors of parked events, if there are any.
    pub async fn assert_nothing_parked(&self) {
        let parked = self.parked().await;
        let texts: Vec<String> = parked
            .iter()
            .map(|event| {
                format!("{} in {}: {}", event.envelope.kind, event.subscription, event.error)
            })
            .collect();
        assert!(texts.is_empty(), "events are parked: {}", texts.join("; "));
    }
}
