//! Where an event goes that was not handled: to wait, or to the parked ones.

use std::time::Duration;

use lapin::BasicProperties;
use tokio::time::Instant;

use super::{
    Inner, delay,
    flight::Message,
    message::{self, number, restamped, text},
    names::Names,
    topology::WAIT_DECLARED,
};
use crate::engine::EngineError;

impl Inner {
    /// Publishes an event to the queue where it waits before it goes back.
    pub(super) async fn send_to_wait(
        &self,
        names: &Names,
        properties: &BasicProperties,
        body: Vec<u8>,
        after: Duration,
        failures: u32,
        error: Option<String>,
    ) -> Result<(), EngineError> {
        let (ms, left) = delay::next(after);
        self.ensure_wait(names, ms).await?;
        let mut notes = vec![(message::FAILURES, number(failures))];
        if let Some(error) = error {
            notes.push((message::ERROR, text(&error)));
        }
        if left > 0 {
            notes.push((message::WAIT_LEFT, number(left.cast_signed())));
        }
        let queue = self.topology.wait(names, ms);
        let sent = self.send(&queue, restamped(properties, notes), body).await;
        if sent.is_err()
            && let Some(known) = self.known().get_mut(&names.subscription)
        {
            // It may be gone: the next try declares it again.
            known.waits.remove(&ms);
        }
        sent
    }

    async fn ensure_wait(&self, names: &Names, ms: u64) -> Result<(), EngineError> {
        let _alone = self.waits.lock().await;
        let fresh = |at: &Instant| at.elapsed() < WAIT_DECLARED;
        let known = self.known().get(&names.subscription).and_then(|k| k.waits.get(&ms).copied());
        if known.as_ref().is_some_and(fresh) {
            return Ok(());
        }
        let begun = Instant::now();
        let channel = self.link.channel().await?;
        self.topology.declare_wait(&channel, names, ms).await?;
        if let Some(known) = self.known().get_mut(&names.subscription) {
            known.waits.insert(ms, begun);
        }
        Ok(())
    }

    /// Publishes an event to the parked ones; `place` is that which it had before.
    pub(super) async fn send_to_dead(
        &self,
        names: &Names,
        properties: &BasicProperties,
        body: Vec<u8>,
        place: Option<i64>,
        failures: u32,
        error: &str,
    ) -> Result<(), EngineError> {
        if names.instance {
            // It expires while nobody looks at it.
            let channel = self.link.channel().await?;
            self.topology.declare_dead(&channel, names).await?;
        }
        let now = self.clock.now();
        let notes = vec![
            (message::FAILURES, number(failures)),
            (message::ERROR, text(error)),
            (message::PARKED_AT, text(&now.to_string())),
            (message::PLACE, number(place.unwrap_or_else(|| self.next_place(now)))),
            (message::QUEUE, text(&names.queue)),
        ];
        self.send(&names.dead, restamped(properties, notes), body).await
    }

    async fn send(
        &self,
        queue: &str,
        properties: BasicProperties,
        body: Vec<u8>,
    ) -> Result<(), EngineError> {
        let (exchange, routing_key) = ("".into(), queue.into());
        self.publisher.publish(Message { exchange, routing_key, properties, body }).await
    }
}
