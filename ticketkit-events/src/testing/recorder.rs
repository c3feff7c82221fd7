//! The memory engine, and what passed through it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    BoxFuture, Envelope, EventId,
    engine::{
        Capabilities, Consumer, Engine, EngineError, SubscriptionSpec, SubscriptionStats,
        memory::MemoryEngine,
    },
    parked::{ParkedEvent, ParkedId},
};

#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) inner: MemoryEngine,
    published: Mutex<Vec<Envelope>>,
    specs: Mutex<Vec<SubscriptionSpec>>,
}

impl Recorder {
    pub(super) fn new(inner: MemoryEngine) -> Self {
        Self { inner, published: Mutex::default(), specs: Mutex::default() }
    }

    pub(super) fn published(&self) -> MutexGuard<'_, Vec<Envelope>> {
        // Nothing panics while it is held.
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn specs(&self) -> MutexGuard<'_, Vec<SubscriptionSpec>> {
        self.specs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for std::sync::Arc<Recorder> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn publish<'a>(
        &'a self,
        events: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), EngineError>>> {
        self.published().extend_from_slice(events);
        self.inner.publish(events)
    }

    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>> {
        self.specs().push(spec.clone());
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

    fn survey<'a>(
        &'a self,
        also: &'a [&'a str],
    ) -> BoxFuture<'a, Result<Vec<SubscriptionStats>, EngineError>> {
        self.inner.survey(also)
    }

    fn remove<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<bool, EngineError>> {
        self.inner.remove(subscription)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EngineError>> {
        self.inner.check()
    }
}
