//! Parked events: a queue `….dead` for each subscription, looked through from its
//! beginning and given back as it was.

use std::{collections::BTreeSet, time::Duration};

use lapin::{
    Channel,
    options::{
        BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions, QueueDeleteOptions,
    },
    types::FieldTable,
};
use tokio::{
    sync::MutexGuard,
    time::{Instant, sleep},
};

use super::{
    Inner,
    error::{NOT_FOUND, RESOURCE_LOCKED, failed, reply_code},
    flight::Message,
    message::{self, Received},
    names::Names,
};
use crate::{
    EventId,
    engine::EngineError,
    parked::{ParkedEvent, ParkedId},
};

/// How long to wait for another process that looks through the same queue.
const PATIENCE: Duration = Duration::from_secs(10);
/// Parked events in memory at the same time while all are redriven.
const ROUND: usize = 500;

/// A parked event, as it is in its queue.
#[derive(Debug)]
pub(super) struct Stored {
    tag: u64,
    pub(super) received: Received,
}

impl Stored {
    /// Returns its place in the list. What the broker parked itself has none: it is
    /// made of the time and the id.
    pub(super) fn place(&self) -> i64 {
        self.received.number(message::PLACE).unwrap_or_else(|| {
            let seconds = self.received.death().map_or(0, |(_, _, seconds)| seconds);
            let id = self.received.event_or_remains().id;
            let spread = i64::try_from(id.as_uuid().as_u128() % 1_000_000).unwrap_or(0);
            i64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000).saturating_add(spread)
        })
    }

    pub(super) fn is_redriven(&self) -> bool {
        self.received.has(message::REDRIVEN)
    }

    pub(super) fn queue(&self, names: &Names) -> String {
        let by_broker = || self.received.death().map(|(_, queue, _)| queue);
        let noted = self.received.text(message::QUEUE).or_else(by_broker);
        noted.unwrap_or_else(|| names.queue.clone())
    }

    fn parked(&self, subscription: &str) -> ParkedEvent {
        let received = &self.received;
        let death = received.death();
        let error = received.text(message::ERROR).unwrap_or_else(|| match &death {
            Some((reason, ..)) => format!("the broker has given it up: {reason}"),
            None => "unknown".to_owned(),
        });
        let at = received.text(message::PARKED_AT).and_then(|at| at.parse().ok());
        let seconds = death.map_or(0, |(_, _, seconds)| seconds);
        let attempts = received.number(message::FAILURES).or(received.number("x-delivery-count"));
        ParkedEvent {
            id: ParkedId(self.place()),
            subscription: subscription.to_owned(),
            envelope: received.event_or_remains().into(),
            error,
            attempts: attempts.and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            parked_at: at.unwrap_or_else(|| {
                let ms = seconds.saturating_mul(1000);
                crate::Timestamp::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
            }),
        }
    }
}

/// A look through one queue of parked events, by nobody else at the same time: what
/// one look holds, another would not see.
pub(super) struct Look<'a> {
    channel: Channel,
    queue: String,
    lock: String,
    held: bool,
    _alone: MutexGuard<'a, ()>,
}

impl<'a> Look<'a> {
    /// Begins; returns none if there is no such queue.
    pub(super) async fn begin(inner: &'a Inner, queue: &str) -> Result<Option<Self>, EngineError> {
        let alone = inner.looks.lock().await;
        let lock = format!("{queue}.lock");
        let begun = Instant::now();
        loop {
            let channel = inner.link.channel().await?;
            let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            match channel.queue_declare(queue.into(), passive, FieldTable::default()).await {
                Ok(_) => {}
                Err(error) if reply_code(&error) == Some(NOT_FOUND) => return Ok(None),
                Err(error) => return Err(failed("look for parked events")(error)),
            }
            // A queue of this connection alone is a lock that its end releases.
            let exclusive =
                QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
            match channel
                .queue_declare(lock.as_str().into(), exclusive, FieldTable::default())
                .await
            {
                Ok(_) => {
                    let (queue, held) = (queue.to_owned(), false);
                    return Ok(Some(Self { channel, queue, lock, held, _alone: alone }));
                }
                Err(error)
                    if reply_code(&error) == Some(RESOURCE_LOCKED)
                        && begun.elapsed() < PATIENCE =>
                {
                    sleep(Duration::from_millis(50)).await;
                }
                Err(error) => {
                    return Err(failed("look through parked events: another process does")(error));
                }
            }
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Stored>, EngineError> {
        let options = BasicGetOptions::default();
        let got = self.channel.basic_get(self.queue.as_str().into(), options).await;
        let Some(got) = got.map_err(failed("read parked events"))? else { return Ok(None) };
        self.held = true;
        let delivery = got.delivery;
        let received = Received { properties: delivery.properties.into(), body: delivery.data };
        Ok(Some(Stored { tag: delivery.delivery_tag, received }))
    }

    pub(super) async fn remove(&self, stored: &Stored) -> Result<(), EngineError> {
        let options = BasicAckOptions { multiple: false };
        self.channel.basic_ack(stored.tag, options).await.map_err(failed("remove a parked event"))
    }

    /// Gives back what was not removed, in its order.
    pub(super) async fn end(self) -> Result<(), EngineError> {
        let give_back = failed("give back parked events");
        if self.held {
            // Tag 0: everything of this channel.
            let all = BasicNackOptions { multiple: true, requeue: true };
            self.channel.basic_nack(0, all).await.map_err(&give_back)?;
        }
        let options = QueueDeleteOptions::default();
        self.channel.queue_delete(self.lock.as_str().into(), options).await.map_err(&give_back)?;
        self.channel.close(200, "done".into()).await.map_err(&give_back)
    }
}

impl Inner {
    pub(super) async fn list_parked(
        &self,
        subscription: &str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> Result<Vec<ParkedEvent>, EngineError> {
        let names = self.topology.names(subscription, false, false);
        let Some(mut look) = Look::begin(self, &names.dead).await? else { return Ok(Vec::new()) };
        let mut list: Vec<ParkedEvent> = Vec::new();
        while let Some(stored) = look.next().await? {
            let listed = after.is_none_or(|ParkedId(after)| stored.place() > after);
            if listed && !stored.is_redriven() {
                list.push(stored.parked(subscription));
                if list.len() >= limit.saturating_mul(2).max(ROUND) {
                    list.sort_by_key(|parked| parked.id);
                    list.truncate(limit);
                }
            }
        }
        look.end().await?;
        list.sort_by_key(|parked| parked.id);
        list.truncate(limit);
        Ok(list)
    }

    /// Redrives or discards; returns how many.
    pub(super) async fn take_parked(
        &self,
        subscription: &str,
        event: Option<EventId>,
        redrive: bool,
    ) -> Result<u64, EngineError> {
        let names = self.topology.names(subscription, false, false);
        let mut count = 0;
        loop {
            let Some(mut look) = Look::begin(self, &names.dead).await? else { return Ok(count) };
            let mut found = Vec::new();
            while found.len() < ROUND
                && let Some(stored) = look.next().await?
            {
                let wanted =
                    event.is_none_or(|event| event == stored.received.event_or_remains().id);
                if wanted && !stored.is_redriven() {
                    found.push(stored);
                }
            }
            let last = found.len() < ROUND;
            found.sort_by_key(Stored::place);
            let ordered: Vec<String> = self
                .topology
                .names(subscription, true, false)
                .all()
                .into_iter()
                .map(|names| names.queue)
                .collect();
            let mut woken = BTreeSet::new();
            for stored in &found {
                let queue = stored.queue(&names);
                let ordered = ordered.contains(&queue);
                if redrive {
                    self.redrive(&names, stored, &queue, ordered).await?;
                }
                look.remove(stored).await?;
                woken.extend(ordered.then_some(queue));
                count += 1;
            }
            look.end().await?;
            for queue in woken {
                self.wake(&queue).await;
            }
            if last {
                return Ok(count);
            }
        }
    }

    /// Publishes a parked event for another try: to its queue, or, where its key
    /// waits behind it, again to the parked ones, for the consumer to take it.
    async fn redrive(
        &self,
        names: &Names,
        stored: &Stored,
        queue: &str,
        ordered: bool,
    ) -> Result<(), EngineError> {
        let notes = if ordered {
            vec![
                (message::REDRIVEN, message::number(1)),
                (message::PLACE, message::number(stored.place())),
                (message::QUEUE, message::text(queue)),
            ]
        } else {
            Vec::new()
        };
        let target = if ordered { names.dead.as_str() } else { queue };
        self.publisher
            .publish(Message {
                exchange: "".into(),
                routing_key: target.into(),
                properties: message::restamped(&stored.received.properties, notes),
                body: stored.received.body.clone(),
            })
            .await
    }

    /// Tells the consumer of an ordered subscription that parked events changed.
    async fn wake(&self, queue: &str) {
        let notes = vec![(message::WAKE, message::number(1))];
        let properties = message::restamped(&lapin::BasicProperties::default(), notes);
        let message = Message {
            exchange: "".into(),
            routing_key: queue.into(),
            properties,
            body: Vec::new(),
        };
        if let Err(error) = self.publisher.publish(message).await {
            // It looks by itself after a while.
            tracing::warn!(queue, error = &error as &dyn std::error::Error, "not woken");
        }
    }

    /// Removes the parked copy of an event, redriven or not, but for a newer one.
    pub(super) async fn forget_parked(
        &self,
        names: &Names,
        place: i64,
        newer: bool,
    ) -> Result<(), EngineError> {
        let Some(mut look) = Look::begin(self, &names.dead).await? else { return Ok(()) };
        while let Some(stored) = look.next().await? {
            if stored.place() == place && (!newer || stored.is_redriven()) {
                look.remove(&stored).await?;
            }
        }
        look.end().await
    }
}
