use ticketkit_events::{
    BoxFuture, Envelope, EventId,
    engine::{
        Capabilities, Consumer, Engine, EngineError, SubscriptionSpec, SubscriptionStats,
        memory::MemoryEngine,
    },
    parked::{ParkedEvent, ParkedId},
};
use tokio::time::{Duration, sleep};

/// An engine with the fault that ours must not have: it takes nothing before all consumers are done
/// with what came before.
pub(crate) struct Waiting(pub(crate) MemoryEngine);

impl Engine for Waiting {
    fn name(&self) -> &'static str {
        "waiting"
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn publish<'a>(
        &'a self,
        events: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), EngineError>>> {
        Box::pin(async move {
            while self.0.stats().await.unwrap().iter().any(|queue| queue.pending > 0) {
                sleep(Duration::from_millis(1)).await;
            }
            self.0.publish(events).await
        })
    }

    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>> {
        self.0.subscribe(spec)
    }

    fn parked<'a>(
        &'a self,
        subscription: &'a str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ParkedEvent>, EngineError>> {
        self.0.parked(subscription, after, limit)
    }

    fn redrive<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        self.0.redrive(subscription, event)
    }

    fn discard<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        self.0.discard(subscription, event)
    }

    fn stats(&self) -> BoxFuture<'_, Result<Vec<SubscriptionStats>, EngineError>> {
        self.0.stats()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EngineError>> {
        self.0.check()
    }
}
