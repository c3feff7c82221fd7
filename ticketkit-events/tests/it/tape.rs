//! An engine that notes what it takes, and refuses what it is told to.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use ticketkit_events::{
    BoxFuture, Clock, Envelope, EventId,
    engine::{
        Capabilities, Consumer, Engine, EngineError, SubscriptionSpec, SubscriptionStats,
        memory::MemoryEngine,
    },
    parked::{ParkedEvent, ParkedId},
};

use crate::support::OrderCreated;

/// What becomes of an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Taken,
    Refused,
    /// It is taken, and the answer is lost.
    Doubtful,
    /// It is taken, and not noted.
    Forgotten,
}

type Decide = Box<dyn FnMut(&Envelope) -> Fate + Send>;

/// A memory engine with a record; clones share it.
#[derive(Clone)]
pub(crate) struct Tape {
    inner: MemoryEngine,
    taken: Arc<Mutex<Vec<Envelope>>>,
    decide: Arc<Mutex<Decide>>,
    pub(crate) down: Arc<AtomicBool>,
}

impl Tape {
    pub(crate) fn new() -> Self {
        Self {
            inner: MemoryEngine::new(Clock::system()),
            taken: Arc::default(),
            decide: Arc::new(Mutex::new(Box::new(|_| Fate::Taken))),
            down: Arc::default(),
        }
    }

    /// Returns another way to the same engine, which has faults of its own.
    pub(crate) fn beside(&self) -> Self {
        let (inner, taken) = (self.inner.clone(), self.taken.clone());
        Self { inner, taken, ..Self::new() }
    }

    /// Sets what decides on each event from now on.
    pub(crate) fn decide(&self, decide: impl FnMut(&Envelope) -> Fate + Send + 'static) {
        *self.decide.lock().unwrap() = Box::new(decide);
    }

    pub(crate) fn refuse_key(&self, key: Option<&'static str>) {
        self.decide(
            move |event| {
                if Some(event.key.as_str()) == key { Fate::Refused } else { Fate::Taken }
            },
        );
    }

    pub(crate) fn count(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    /// Returns the keys and numbers of what was taken, in order.
    pub(crate) fn taken(&self) -> Vec<(String, i64)> {
        let taken = self.taken.lock().unwrap();
        taken.iter().map(|e| (e.key.clone(), e.decode::<OrderCreated>().unwrap().n)).collect()
    }

    /// Returns the numbers of a key, in order.
    pub(crate) fn of(&self, key: &str) -> Vec<i64> {
        self.taken().into_iter().filter(|(k, _)| k == key).map(|(_, n)| n).collect()
    }

    fn fate(&self, event: &Envelope) -> Fate {
        if self.down.load(Ordering::SeqCst) {
            return Fate::Refused;
        }
        (self.decide.lock().unwrap())(event)
    }
}

impl Engine for Tape {
    fn name(&self) -> &'static str {
        "tape"
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn publish<'a>(
        &'a self,
        events: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), EngineError>>> {
        Box::pin(async move {
            let mut results = Vec::new();
            let mut failed: Vec<&str> = Vec::new();
            for event in events {
                let after_failed = failed.contains(&event.key.as_str());
                let fate = if after_failed { Fate::Refused } else { self.fate(event) };
                if matches!(fate, Fate::Taken | Fate::Doubtful) {
                    self.taken.lock().unwrap().push(event.clone());
                    for result in self.inner.publish(std::slice::from_ref(event)).await {
                        result.unwrap();
                    }
                }
                if matches!(fate, Fate::Taken | Fate::Forgotten) {
                    results.push(Ok(()));
                } else {
                    failed.push(&event.key);
                    results.push(Err(EngineError::failed("refused", "as told")));
                }
                // So that several relays are in the midst of it.
                tokio::task::yield_now().await;
            }
            results
        })
    }

    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>> {
        self.inner.subscribe(spec)
    }

    fn parked<'a>(
        &'a self,
        subscription: &'a str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ParkedEvent>, EngineError>> {
        self.inner.parked(subscription, after, limit)
    }

    fn redrive<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        self.inner.redrive(subscription, event)
    }

    fn discard<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        self.inner.discard(subscription, event)
    }

    fn stats(&self) -> BoxFuture<'_, Result<Vec<SubscriptionStats>, EngineError>> {
        self.inner.stats()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EngineError>> {
        self.inner.check()
    }
}
