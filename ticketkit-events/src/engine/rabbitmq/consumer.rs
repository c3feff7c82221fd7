use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use super::{
    Inner, lanes::Lanes, members::Members, names::Names, part::Part, session::Plan, stats::Counts,
};
use crate::{
    BoxFuture, Timestamp,
    engine::{Consumer, Delivery, EngineError, Settlement},
};

/// The consumer of a subscription: of all its queues, as far as other instances do not have them.
pub(super) struct RabbitMqConsumer {
    inner: Arc<Inner>,
    parts: Vec<Part>,
    /// Of an ordered subscription, once it consumes.
    members: Option<Members>,
    hashed: Option<Names>,
    /// Which part is asked first for events.
    turn: usize,
}

impl RabbitMqConsumer {
    pub(super) fn new(inner: Arc<Inner>, plans: Vec<(Plan, Arc<Counts>)>) -> Self {
        let first = plans.first().map(|(plan, _)| plan.names.clone());
        let instance = first.as_ref().is_some_and(|names| names.instance);
        let hashed = first.filter(|names| names.is_hashed() && names.partitions > 1);
        let parts = plans.into_iter().map(|(plan, counts)| Part::new(inner.clone(), plan, counts));
        let mut parts: Vec<Part> = parts.collect();
        if instance {
            // Its queue expires while nobody consumes.
            parts.iter_mut().for_each(Part::start);
        }
        Self { inner, parts, members: None, hashed, turn: 0 }
    }

    fn receive(&mut self) {
        if let (None, Some(names)) = (&self.members, &self.hashed) {
            self.members = Some(Members::join(self.inner.clone(), names.clone()));
        }
        for (index, part) in self.parts.iter_mut().enumerate() {
            let members = self.members.as_ref();
            part.receive(members.is_some_and(|members| members.should_yield(index)));
        }
    }

    async fn settle(&mut self, settlements: &[Settlement]) -> Result<(), EngineError> {
        if let [part] = &mut self.parts[..] {
            return part.settle(settlements.iter()).await;
        }
        let settling = self.parts.iter_mut().enumerate().map(|(index, part)| {
            let of_part =
                move |settlement: &&Settlement| Lanes::partition_of(settlement.claim) == index;
            part.settle(settlements.iter().filter(of_part))
        });
        join_all(settling).await.into_iter().collect()
    }

    fn claim(&mut self, capacity: usize) -> Vec<Delivery> {
        let count = self.parts.len();
        let mut deliveries = Vec::new();
        for step in 0..count {
            let part = &mut self.parts[(self.turn + step) % count];
            deliveries.append(&mut part.claim(capacity - deliveries.len()));
        }
        self.turn = (self.turn + 1) % count.max(1);
        deliveries
    }
}

impl Consumer for RabbitMqConsumer {
    fn wait(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            loop {
                self.receive();
                if self.parts.iter().any(Part::has_ready) {
                    return;
                }
                let due = self.parts.iter().filter_map(Part::next_due).min();
                let look_at = self.parts.iter().filter_map(Part::look_at).min();
                let clock = self.inner.clock.clone();
                let parts = &mut self.parts;
                let incoming = poll_fn(|cx| {
                    let any = parts.iter_mut().any(|part| part.poll_receive(cx).is_ready());
                    if any { Poll::Ready(()) } else { Poll::Pending }
                });
                tokio::select! {
                    () = incoming => {}
                    () = clock.sleep_until(due.unwrap_or(Timestamp::EPOCH)), if due.is_some() => {}
                    () = sleep_until(look_at.unwrap_or_else(Instant::now)), if look_at.is_some() => {
                        self.parts.iter_mut().for_each(Part::look_if_due);
                    }
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
            self.receive();
            self.settle(settlements).await?;
            Ok(self.claim(capacity))
        })
    }

    // What is delivered stays with the channel: the broker knows when that ends.
    fn renewal(&self) -> Option<Duration> {
        None
    }

    fn renew(&mut self) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async { Ok(()) })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), EngineError>> {
        Box::pin(async move {
            drop(self.members);
            join_all(self.parts.into_iter().map(Part::close)).await;
            Ok(())
        })
    }
}
