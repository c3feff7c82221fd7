//! The memory engine: events in this process, gone with it.
//!
//! `publish` is Ok when this process has accepted the event. For tests, and for
//! what may be lost. Everything else is as with the other engines, parked events
//! and order included.

mod consumer;
mod queue;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use self::{consumer::MemoryConsumer, queue::Queue};
use super::{
    Capabilities, Consumer, Engine, EngineError, Lifetime, SubscriptionSpec, SubscriptionStats,
};
use crate::{
    BoxFuture, Clock, Envelope, EventId,
    parked::{ParkedEvent, ParkedId},
};

/// The memory engine; clones share everything.
#[derive(Clone, Debug)]
pub struct MemoryEngine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queues: BTreeMap<String, Queue>,
    next_place: i64,
    next_instance: u64,
}

impl MemoryEngine {
    /// Makes an engine that holds nothing yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { inner: Arc::new(Inner { clock, state: Mutex::default() }) }
    }

    /// Returns whether no event is claimed and none could be.
    #[cfg(feature = "testing")]
    pub(crate) fn is_idle(&self) -> bool {
        let now = self.inner.clock.now();
        self.inner.state().queues.values().all(|queue| queue.is_idle(now))
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for MemoryEngine {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ordered_keys: true,
            fan_out: true,
            durable: false,
            delayed_retry: true,
            replay: false,
        }
    }

    fn publish<'a>(
        &'a self,
        events: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), EngineError>>> {
        let now = self.inner.clock.now();
        let mut state = self.inner.state();
        let state = &mut *state;
        for event in events {
            let event = Arc::new(event.clone());
            state.next_place += 1;
            for queue in state.queues.values_mut().filter(|queue| queue.takes(&event.kind)) {
                queue.push(state.next_place, event.clone(), now);
            }
        }
        let results = events.iter().map(|_| Ok(())).collect();
        Box::pin(async move { results })
    }

    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>> {
        Box::pin(async move {
            let mut state = self.inner.state();
            state.next_instance += 1;
            let id = state.next_instance;
            let name = match spec.lifetime {
                Lifetime::Durable => spec.name.clone(),
                Lifetime::Instance => format!("{}@{id}", spec.name),
            };
            let queue = state.queues.entry(name.clone()).or_default();
            queue.declare(&spec);
            let wakeup: Arc<Notify> = queue.wakeup();
            drop(state);
            let consumer = MemoryConsumer {
                inner: self.inner.clone(),
                name,
                id,
                lifetime: spec.lifetime,
                wakeup,
            };
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
            let state = self.inner.state();
            let queue = state.queues.get(subscription);
            Ok(queue.map_or_else(Vec::new, |queue| queue.parked(subscription, after, limit)))
        })
    }

    fn redrive<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        Box::pin(async move {
            let now = self.inner.clock.now();
            let mut state = self.inner.state();
            Ok(state.queues.get_mut(subscription).map_or(0, |queue| queue.redrive(event, now)))
        })
    }

    fn discard<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        Box::pin(async move {
            let mut state = self.inner.state();
            Ok(state.queues.get_mut(subscription).map_or(0, |queue| queue.discard(event)))
        })
    }

    fn stats(&self) -> BoxFuture<'_, Result<Vec<SubscriptionStats>, EngineError>> {
        Box::pin(async move {
            let state = self.inner.state();
            Ok(state.queues.iter().map(|(name, queue)| queue.stats(name)).collect())
        })
    }

    fn remove<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<bool, EngineError>> {
        Box::pin(async move { Ok(self.inner.state().queues.remove(subscription).is_some()) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async { Ok(()) })
    }
}
