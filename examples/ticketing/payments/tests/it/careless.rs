//! A bus that parks nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ticketkit_events::{
    BoxFuture, Bus, Clock, Envelope, EventId,
    engine::{
        Capabilities, Consumer, Delivery, Engine, EngineError, Outcome, Settlement,
        SubscriptionSpec, SubscriptionStats, memory::MemoryEngine,
    },
    parked::{ParkedEvent, ParkedId},
};

/// What becomes of an event that is to be parked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Instead {
    Dropped,
    AgainAtOnce,
}

/// The memory engine, with something else instead of parking.
pub(crate) struct Careless {
    inner: MemoryEngine,
    instead: Instead,
    /// How often an event was to be parked.
    failures: Arc<AtomicU32>,
}

impl Careless {
    pub(crate) fn bus(instead: Instead) -> (Bus, Arc<AtomicU32>) {
        let failures = Arc::default();
        let inner = MemoryEngine::new(Clock::system());
        (Bus::new(Self { inner, instead, failures: Arc::clone(&failures) }), failures)
    }
}

impl Engine for Careless {
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
        self.inner.publish(events)
    }

    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>> {
        Box::pin(async move {
            let inner = self.inner.subscribe(spec).await?;
            let (instead, failures) = (self.instead, self.failures.clone());
            Ok(Box::new(CarelessConsumer { inner, instead, failures }) as Box<dyn Consumer>)
        })
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

struct CarelessConsumer {
    inner: Box<dyn Consumer>,
    instead: Instead,
    failures: Arc<AtomicU32>,
}

impl CarelessConsumer {
    fn change(&self, settlement: &Settlement) -> Settlement {
        let outcome = match (&settlement.outcome, self.instead) {
            (Outcome::Park { .. }, Instead::Dropped) => Outcome::Ack,
            (Outcome::Park { error }, Instead::AgainAtOnce) => {
                Outcome::Retry { after: Duration::ZERO, error: error.clone() }
            }
            (other, _) => return Settlement { claim: settlement.claim, outcome: other.clone() },
        };
        self.failures.fetch_add(1, Ordering::Relaxed);
        Settlement { claim: settlement.claim, outcome }
    }
}

impl Consumer for CarelessConsumer {
    fn wait(&mut self) -> BoxFuture<'_, ()> {
        self.inner.wait()
    }

    fn exchange<'a>(
        &'a mut self,
        settlements: &'a [Settlement],
        capacity: usize,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, EngineError>> {
        Box::pin(async move {
            let changed: Vec<Settlement> = settlements.iter().map(|it| self.change(it)).collect();
            self.inner.exchange(&changed, capacity).await
        })
    }

    fn renewal(&self) -> Option<Duration> {
        self.inner.renewal()
    }

    fn renew(&mut self) -> BoxFuture<'_, Result<(), EngineError>> {
        self.inner.renew()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), EngineError>> {
        self.inner.close()
    }
}
