//! The RabbitMQ engine: events in quorum queues, across machines.
//!
//! `publish` is Ok when the broker has confirmed the event and at least one queue has
//! it: that of each subscription to its type, or, where nobody subscribed, the queue
//! of the alternate exchange. It is on the disks of a majority of the nodes then.
//! After an error it may be there all the same: publish it again under its id.
//!
//! | name | what it is |
//! |---|---|
//! | `ticketkit.events` | topic exchange; the routing key is the type of the event |
//! | `ticketkit.unrouted` | what nobody subscribed to, the last 100 000 |
//! | `ticketkit.<subscription>` | quorum queue of a subscription |
//! | `ticketkit.<subscription>.<n>` | those of an ordered one, by the hash of the key, each with a single active consumer |
//! | `ticketkit.<subscription>.dead` | its parked events |
//! | `ticketkit.<subscription>.wait.<ms>` | events before another try; each goes back to the one queue that it failed in |
//!
//! # Order
//!
//! Events of one key are published one after the other, each after the confirm of
//! the one before. An ordered subscription has several queues, by the hash of the key,
//! each with a single active consumer: the instances share them, and take turns anew
//! when one comes or goes. There events wait for their next attempt, and behind a parked
//! one, in the memory of that instance: when it dies, its attempts are counted anew. When
//! as many as its window wait behind parked events, the queue stands still until these
//! are redriven or discarded.
//!
//! # What an instance holds
//!
//! 32 deliveries for each event that it handles at the same time, 256 by default, which no other
//! instance can take meanwhile. Where that many are settled within 20 ms, it holds four times as many,
//! until they last longer than a second. An ordered subscription holds about 1 000 over its queues.
//!
//! # What only the broker knows
//!
//! Without the management plug-in nobody can list queues or bindings: the figures are
//! those of the subscriptions of this process, and a type that a subscription does not
//! handle any more stays bound to its queue until an operator unbinds it. A survey asks
//! the other processes for theirs, through the exchange `ticketkit.members`.

mod acks;
mod address;
mod confirm;
mod consumer;
mod delay;
mod error;
mod flight;
mod lanes;
mod link;
mod mailbox;
mod members;
mod message;
mod moves;
mod names;
mod options;
mod pace;
mod parked;
mod part;
mod publish;
mod registry;
mod session;
mod settle;
mod stats;
mod survey;
mod topology;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc, MutexGuard,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use lapin::types::ShortString;
use uuid::Uuid;

pub use self::options::RabbitMqOptions;
use self::{
    address::Address,
    consumer::RabbitMqConsumer,
    flight::Message,
    link::Link,
    publish::Publisher,
    registry::{Known, Registry},
    session::Plan,
    stats::Counts,
    survey::Surveys,
    topology::Topology,
};
use super::{
    Capabilities, ConnectionStats, Consumer, Engine, EngineError, Lifetime, SubscriptionSpec,
    SubscriptionStats,
};
use crate::{
    BoxFuture, Clock, Envelope, EventId, Timestamp,
    handler::describe,
    parked::{ParkedEvent, ParkedId},
};

/// Deliveries on their way and held, per event that is handled at the same time:
/// enough for the way to the broker and back.
const PREFETCH: usize = 32;
/// An ordered subscription holds what waits behind other events of its key.
const ORDERED_PREFETCH: usize = 1_000;

/// How long a broker may take to write a new queue and its bindings to its disk.
///
/// Killed before, it comes back without the binding, or with a queue that never answers (seen in
/// 3.10; what was a second old was whole in each trial). So a subscription is not called declared
/// earlier: once in its life.
const WRITTEN: Duration = Duration::from_secs(1);

/// The RabbitMQ engine; clones share everything.
#[derive(Clone)]
pub struct RabbitMqEngine {
    inner: Arc<Inner>,
}

struct Inner {
    address: Address,
    topology: Topology,
    publisher: Publisher,
    link: Link,
    clock: Clock,
    registry: Registry,
    surveys: Surveys,
    /// One wait queue is declared at a time.
    waits: tokio::sync::Mutex<()>,
    /// One look at parked events at a time.
    looks: tokio::sync::Mutex<()>,
    last_place: AtomicI64,
}

impl RabbitMqEngine {
    /// Connects to the broker that the URL names: `amqp://user:password@host/vhost`,
    /// or `amqps://` for TLS, with the roots that the system trusts.
    ///
    /// # Errors
    ///
    /// If the URL does not parse, the broker cannot be reached, or exchanges are
    /// there with other properties. No error repeats the credentials.
    pub async fn open(url: &str, clock: Clock) -> Result<Self, EngineError> {
        Self::open_with(url, RabbitMqOptions::default(), clock).await
    }

    /// Connects with other names for exchanges and queues.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(
        url: &str,
        options: RabbitMqOptions,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let address = Address::parse(url)?;
        let topology = Topology::new(options);
        let registry = Registry::default();
        let publisher =
            Publisher::open(address.clone(), topology.clone(), registry.clone()).await?;
        let link = Link::open(address.clone()).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                address,
                topology,
                publisher,
                link,
                clock,
                registry,
                surveys: Surveys::default(),
                waits: tokio::sync::Mutex::default(),
                looks: tokio::sync::Mutex::default(),
                last_place: AtomicI64::new(0),
            }),
        })
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.registry.known()
    }

    /// Returns a place for a parked event: the time in microseconds, and more than
    /// the last one.
    fn next_place(&self, now: Timestamp) -> i64 {
        let now = now.as_millis().saturating_mul(1000);
        let next = |last: i64| Some(now.max(last.saturating_add(1)));
        let last = self.last_place.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        next(last.unwrap_or_default()).unwrap_or(now)
    }

    fn message(&self, event: &Envelope) -> Result<Message, EngineError> {
        let refuse = |_| {
            EngineError::unsupported(format!(
                "the type {:?} is longer than the 255 bytes that RabbitMQ allows",
                event.kind
            ))
        };
        Ok(Message {
            exchange: self.topology.exchange().into(),
            routing_key: ShortString::try_new(event.kind.as_str()).map_err(refuse)?,
            properties: message::properties(event, self.topology.partitions()),
            body: event.data.clone().into_bytes(),
        })
    }

    async fn publish_one(&self, event: &Envelope) -> Result<(), EngineError> {
        self.publisher.publish(self.message(event)?).await
    }

    /// Publishes events of one key in their order: after one that failed, none.
    async fn publish_chain(
        &self,
        events: &[Envelope],
        chain: Vec<usize>,
    ) -> Vec<(usize, Result<(), EngineError>)> {
        let mut results = Vec::with_capacity(chain.len());
        let mut failure: Option<String> = None;
        for index in chain {
            let result = match &failure {
                None => self.publish_one(&events[index]).await,
                Some(failure) => Err(EngineError::failed(
                    "the rabbitmq engine has not taken an earlier event of the key",
                    failure.as_str(),
                )),
            };
            if let Err(error) = &result {
                failure.get_or_insert_with(|| describe(error));
            }
            results.push((index, result));
        }
        results
    }

    async fn subscribe(
        self: Arc<Self>,
        spec: SubscriptionSpec,
    ) -> Result<RabbitMqConsumer, EngineError> {
        names::check(&spec.name)?;
        let instance = spec.lifetime == Lifetime::Instance;
        let name = match spec.lifetime {
            Lifetime::Durable => spec.name,
            Lifetime::Instance => format!("{}@{}", spec.name, Uuid::new_v4()),
        };
        let names = self.topology.names(&name, spec.ordered, instance);
        let channel = self.link.channel().await?;
        self.topology.declare_base(&channel).await?;
        let fresh = !instance && self.topology.lasts() && !self.exists(&names).await?;
        self.topology.declare(&channel, &names, &spec.types).await?;
        if fresh {
            tokio::time::sleep(WRITTEN).await;
        }
        let least = if spec.ordered { ORDERED_PREFETCH } else { 0 };
        let all = names.all();
        let prefetch = spec.concurrency.saturating_mul(PREFETCH).max(least).div_ceil(all.len());
        let plans = all.into_iter().map(|names| Plan {
            names,
            types: spec.types.clone(),
            prefetch: u16::try_from(prefetch).unwrap_or(u16::MAX),
            epoch: AtomicU64::new(0),
        });
        let plans: Vec<_> = plans.map(|plan| (plan, Arc::new(Counts::default()))).collect();
        let mut known = self.known();
        let entry = known.entry(name).or_insert_with(|| Known {
            names,
            types: spec.types,
            consumers: Vec::new(),
            waits: BTreeMap::new(),
        });
        entry.consumers.retain(|counts| counts.strong_count() > 0);
        entry.consumers.extend(plans.iter().map(|(_, counts)| Arc::downgrade(counts)));
        drop(known);
        self.surveys.join(&self);
        Ok(RabbitMqConsumer::new(self, plans))
    }
}

/// Runs a look at parked events to its end, even if the caller goes away: half-way
/// it would keep others out.
async fn to_its_end<T: Send + 'static>(
    look: impl Future<Output = Result<T, EngineError>> + Send + 'static,
) -> Result<T, EngineError> {
    let task = tokio::spawn(look);
    task.await.unwrap_or_else(|error| {
        Err(EngineError::failed("the rabbitmq engine was stopped half-way", error))
    })
}

impl Engine for RabbitMqEngine {
    fn name(&self) -> &'static str {
        "rabbitmq"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ordered_keys: true,
            fan_out: true,
            durable: true,
            delayed_retry: true,
            replay: false,
        }
    }

    fn publish<'a>(
        &'a self,
        events: &'a [Envelope],
    ) -> BoxFuture<'a, Vec<Result<(), EngineError>>> {
        if let [event] = events {
            // A future by itself, which is a small one: it is made for each event.
            return Box::pin(async move { vec![self.inner.publish_one(event).await] });
        }
        Box::pin(async move {
            let mut chains: HashMap<&str, Vec<usize>> = HashMap::new();
            for (index, event) in events.iter().enumerate() {
                chains.entry(&event.key).or_default().push(index);
            }
            // Those that come first are sent first.
            let mut chains: Vec<Vec<usize>> = chains.into_values().collect();
            chains.sort_unstable();
            let chains = chains.into_iter().map(|chain| self.inner.publish_chain(events, chain));
            let mut results: Vec<_> = join_all(chains).await.into_iter().flatten().collect();
            results.sort_unstable_by_key(|(index, _)| *index);
            results.into_iter().map(|(_, result)| result).collect()
        })
    }

    fn subscribe<'a>(
        &'a self,
        spec: SubscriptionSpec,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, EngineError>> {
        Box::pin(async move {
            let consumer = self.inner.clone().subscribe(spec).await?;
            Ok(Box::new(consumer) as Box<dyn Consumer>)
        })
    }

    fn parked<'a>(
        &'a self,
        subscription: &'a str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ParkedEvent>, EngineError>> {
        let (inner, subscription) = (self.inner.clone(), subscription.to_owned());
        Box::pin(to_its_end(async move { inner.list_parked(&subscription, after, limit).await }))
    }

    fn redrive<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        let (inner, subscription) = (self.inner.clone(), subscription.to_owned());
        Box::pin(to_its_end(async move { inner.take_parked(&subscription, event, true).await }))
    }

    fn discard<'a>(
        &'a self,
        subscription: &'a str,
        event: Option<EventId>,
    ) -> BoxFuture<'a, Result<u64, EngineError>> {
        let (inner, subscription) = (self.inner.clone(), subscription.to_owned());
        Box::pin(to_its_end(async move { inner.take_parked(&subscription, event, false).await }))
    }

    fn stats(&self) -> BoxFuture<'_, Result<Vec<SubscriptionStats>, EngineError>> {
        Box::pin(async move { self.inner.count().await })
    }

    fn survey<'a>(
        &'a self,
        also: &'a [&'a str],
    ) -> BoxFuture<'a, Result<Vec<SubscriptionStats>, EngineError>> {
        Box::pin(async move { self.inner.survey(also).await })
    }

    fn connections(&self) -> Option<ConnectionStats> {
        let (publisher, link) = (self.inner.publisher.stats(), self.inner.link.reconnects());
        Some(ConnectionStats { reconnects: publisher.reconnects + link, ..publisher })
    }

    fn remove<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<bool, EngineError>> {
        Box::pin(async move { self.inner.remove(subscription).await })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async move {
            self.inner.publisher.check()?;
            self.inner.link.check()
        })
    }
}

impl fmt::Debug for RabbitMqEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMqEngine")
            .field("address", &self.inner.address)
            .field("topology", &self.inner.topology)
            .finish_non_exhaustive()
    }
}
