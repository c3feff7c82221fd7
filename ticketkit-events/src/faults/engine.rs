use std::{collections::HashSet, fmt, sync::Arc};

use super::{
    consumer::FaultyConsumer,
    process::{Life, Point},
};
use crate::{
    BoxFuture, Envelope, EventId,
    engine::{Capabilities, Consumer, Engine, EngineError, SubscriptionSpec, SubscriptionStats},
    parked::{ParkedEvent, ParkedId},
};

/// The engine as one process sees it.
pub(super) struct FaultyEngine {
    pub(super) life: Arc<Life>,
}

impl FaultyEngine {
    fn inner(&self) -> &dyn Engine {
        self.life.shared.inner.engine()
    }

    async fn publish_all(&self, events: &[Envelope]) -> Vec<Result<(), EngineError>> {
        self.life.pass(Point::Publishing).await;
        let (faults, dice) = (self.life.shared.faults(), &self.life.dice);
        let refused = || EngineError::failed("the engine has not taken an event", "a fault");
        let mut results = Vec::with_capacity(events.len());
        let mut failed = HashSet::new();
        for event in events {
            // What comes behind a failed event in the order of its key fails too: the contract.
            let mut result = Ok(());
            if failed.contains(&event.key) || dice.roll(faults.refuse) {
                result = Err(refused());
            } else if !dice.roll(faults.lose) {
                let times = if dice.roll(faults.duplicate) { 2 } else { 1 };
                for _ in 0..times {
                    let taken = self.inner().publish(std::slice::from_ref(event)).await;
                    result = result.and(taken.into_iter().collect::<Result<(), _>>());
                }
                if result.is_ok() && dice.roll(faults.unconfirmed) {
                    result = Err(refused());
                }
            }
            if result.is_err() {
                failed.insert(&event.key);
            }
            results.push(result);
        }
        self.life.pass(Point::Published).await;
        results
    }
}

impl Engine for FaultyEngine {
    fn name(&self) -> &'static str {
        self.inner().name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner().capabilities()
    }

    fn publish<'a>(
        &'a self,
        events: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), EngineError>>> {
        Box::pin(self.publish_all(events))
    }

    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>> {
        Box::pin(async move {
            self.life.alive().await;
            let ordered = spec.ordered;
            let inner = self.inner().subscribe(spec).await?;
            let consumer = FaultyConsumer::new(self.life.clone(), inner, ordered);
            Ok(Box::new(consumer) as Box<dyn Consumer>)
        })
    }

    fn parked<'a>(
        &'a self,
        subscription: &'a str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ParkedEvent>, EngineError>> {
        self.inner().parked(subscription, after, limit)
    }

    fn redrive<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        self.inner().redrive(subscription, event)
    }

    fn discard<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        self.inner().discard(subscription, event)
    }

    fn stats(&self) -> BoxFuture<'_, Result<Vec<SubscriptionStats>, EngineError>> {
        self.inner().stats()
    }

    fn survey<'a>(
        &'a self,
        also: &'a [&'a str],
    ) -> BoxFuture<'a, Result<Vec<SubscriptionStats>, EngineError>> {
        self.inner().survey(also)
    }

    fn remove<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<bool, EngineError>> {
        self.inner().remove(subscription)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EngineError>> {
        self.inner().check()
    }
}

impl fmt::Debug for FaultyEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyEngine").field("inner", &self.life.shared.inner).finish()
    }
}
