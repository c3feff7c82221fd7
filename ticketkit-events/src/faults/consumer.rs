use std::{collections::HashSet, sync::Arc, time::Duration};

use super::{
    Faults,
    process::{Life, Point},
};
use crate::{
    BoxFuture,
    engine::{Consumer, Delivery, EngineError, Outcome, Settlement},
};

/// How late a delayed event is, in milliseconds.
const DELAY: std::ops::Range<u64> = 10..1000;

pub(super) struct FaultyConsumer {
    life: Arc<Life>,
    inner: Box<dyn Consumer>,
    ordered: bool,
    /// Events that come later, and could not be put off yet.
    put_off: Vec<Settlement>,
    /// An event that others overtake: it comes with the next ones.
    overtaken: Option<Delivery>,
}

impl FaultyConsumer {
    pub(super) fn new(life: Arc<Life>, inner: Box<dyn Consumer>, ordered: bool) -> Self {
        Self { life, inner, ordered, put_off: Vec::new(), overtaken: None }
    }

    async fn settle_and_claim(
        &mut self,
        settlements: &[Settlement],
        capacity: usize,
    ) -> Result<Vec<Delivery>, EngineError> {
        let faults = self.life.shared.faults();
        if capacity == 0 {
            let back = self.overtaken.take();
            let release = |delivery: Delivery| Settlement {
                claim: delivery.claim,
                outcome: Outcome::Release,
            };
            self.put_off.extend(back.map(release));
        }
        if settlements.is_empty() {
            self.life.alive().await;
        } else {
            self.life.pass(Point::Settling).await;
        }
        let mut all: Vec<Settlement> = self.put_off.clone();
        all.extend(settlements.iter().map(|settlement| self.forget(settlement, faults)));
        let batch = self.inner.exchange(&all, capacity).await?;
        self.put_off.clear();
        if !settlements.is_empty() {
            self.life.pass(Point::Settled).await;
        }
        let batch = self.delay(batch, faults);
        if !self.put_off.is_empty() && self.inner.exchange(&self.put_off, 0).await.is_ok() {
            self.put_off.clear();
        }
        if !batch.is_empty() {
            self.life.pass(Point::Claimed).await;
        }
        Ok(self.reorder(batch, faults))
    }

    /// Loses an acknowledgement: the event comes again.
    fn forget(&self, settlement: &Settlement, faults: Faults) -> Settlement {
        let forgotten =
            matches!(settlement.outcome, Outcome::Ack) && self.life.dice.roll(faults.forget);
        let outcome = if forgotten { Outcome::Release } else { settlement.outcome.clone() };
        Settlement { claim: settlement.claim, outcome }
    }

    /// Puts events off, and with them what is behind them in the order of their key.
    fn delay(&mut self, batch: Vec<Delivery>, faults: Faults) -> Vec<Delivery> {
        let mut held = HashSet::new();
        let mut now = Vec::with_capacity(batch.len());
        for delivery in batch {
            let key = &delivery.envelope.key;
            let outcome = if self.ordered && held.contains(key) {
                Outcome::Release
            } else if self.life.dice.roll(faults.delay) {
                held.insert(key.clone());
                let after = self.life.dice.between(DELAY.start, DELAY.end);
                Outcome::Defer { after: Duration::from_millis(after) }
            } else {
                now.push(delivery);
                continue;
            };
            self.put_off.push(Settlement { claim: delivery.claim, outcome });
        }
        now
    }

    fn reorder(&mut self, mut batch: Vec<Delivery>, faults: Faults) -> Vec<Delivery> {
        let of_one_key = |a: &Delivery, b: &Delivery| a.envelope.key == b.envelope.key;
        for at in 1..batch.len() {
            // Only neighbours change places: so the order within a key is easy to keep.
            let kept = self.ordered && of_one_key(&batch[at - 1], &batch[at]);
            if !kept && self.life.dice.roll(faults.reorder) {
                batch.swap(at - 1, at);
            }
        }
        let overtaken = self.overtaken.take();
        // With order, an event whose key is alone here: those behind it are not claimed before it.
        let can_wait = |last: &Delivery| {
            let behind = batch.iter().filter(|other| of_one_key(other, last)).count() > 1;
            !(self.ordered && behind)
        };
        if batch.last().is_some_and(can_wait) && self.life.dice.roll(faults.reorder) {
            self.overtaken = batch.pop();
        }
        batch.extend(overtaken);
        batch
    }
}

impl Consumer for FaultyConsumer {
    fn wait(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.life.alive().await;
            // For what is kept here nobody else would wake the runner.
            if self.put_off.is_empty() && self.overtaken.is_none() {
                self.inner.wait().await;
            }
        })
    }

    fn exchange<'a>(
        &'a mut self,
        settlements: &'a [Settlement],
        capacity: usize,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, EngineError>> {
        Box::pin(self.settle_and_claim(settlements, capacity))
    }

    fn renewal(&self) -> Option<Duration> {
        self.inner.renewal()
    }

    fn renew(&mut self) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async move {
            self.life.alive().await;
            self.inner.renew().await
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), EngineError>> {
        Box::pin(async move {
            self.life.alive().await;
            self.inner.close().await
        })
    }
}
