use std::{pin::pin, sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{Inner, queue::Next};
use crate::{
    BoxFuture,
    engine::{Consumer, Delivery, EngineError, Lifetime, Settlement},
};

#[derive(Debug)]
pub(super) struct MemoryConsumer {
    pub(super) inner: Arc<Inner>,
    pub(super) name: String,
    pub(super) id: u64,
    pub(super) lifetime: Lifetime,
    pub(super) wakeup: Arc<Notify>,
}

impl Consumer for MemoryConsumer {
    fn wait(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            loop {
                // Enabled before the look at the queue: what comes after it wakes.
                let mut notified = pin!(self.wakeup.notified());
                notified.as_mut().enable();
                let now = self.inner.clock.now();
                let next = self.inner.state().queues.get(&self.name).map(|queue| queue.next(now));
                match next {
                    Some(Next::Ready) => return,
                    Some(Next::At(at)) => tokio::select! {
                        () = notified => {}
                        () = self.inner.clock.sleep_until(at) => {}
                    },
                    Some(Next::Nothing) | None => notified.await,
                }
            }
        })
    }

    fn exchange<'a>(
        &'a mut self,
        settlements: &'a [Settlement],
        capacity: usize,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, EngineError>> {
        Box::pin(async move {
            let now = self.inner.clock.now();
            let mut state = self.inner.state();
            let Some(queue) = state.queues.get_mut(&self.name) else { return Ok(Vec::new()) };
            for settlement in settlements {
                queue.settle(settlement, now);
            }
            Ok(queue.claim(self.id, capacity, now))
        })
    }

    // A consumer that is gone has said so in its `drop`.
    fn renewal(&self) -> Option<Duration> {
        None
    }

    fn renew(&mut self) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async { Ok(()) })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), EngineError>> {
        // `drop` does it all.
        drop(self);
        Box::pin(async { Ok(()) })
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        let mut state = self.inner.state();
        match self.lifetime {
            Lifetime::Durable => {
                if let Some(queue) = state.queues.get_mut(&self.name) {
                    queue.abandon(self.id, self.inner.clock.now());
                }
            }
            Lifetime::Instance => drop(state.queues.remove(&self.name)),
        }
    }
}
