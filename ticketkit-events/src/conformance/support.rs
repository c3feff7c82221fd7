//! What the cases share: events, a record of what was handled, running runners.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    Bus, Envelope, Event, EventId, Publisher, RetryPolicy, Subscription, subscription::Runner,
};

/// Longer than anything takes on a slow machine.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ping {
    pub(super) key: String,
    pub(super) n: u32,
    #[serde(default)]
    pub(super) text: String,
}

impl Event for Ping {
    const SUBJECT: &'static str = "conformance.ping";
    const VERSION: u32 = 1;

    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.key)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pong {
    pub(super) key: String,
}

impl Event for Pong {
    const SUBJECT: &'static str = "conformance.pong";
    const VERSION: u32 = 1;

    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.key)
    }
}

pub(super) fn ping(key: &str, n: u32) -> Ping {
    Ping { key: key.to_owned(), n, text: String::new() }
}

pub(super) async fn publish<E: Event>(bus: &Bus, event: &E) -> EventId {
    match Publisher::new("conformance").publish(bus, event).await {
        Ok(id) => id,
        Err(error) => panic!("publish failed: {error}"),
    }
}

/// Publishes a ping as it is after `change`.
pub(super) async fn publish_changed(
    bus: &Bus,
    event: &Ping,
    change: impl FnOnce(&mut Envelope),
) -> EventId {
    let made =
        Envelope::new("conformance", event, crate::Timestamp::now(), crate::Causation::default());
    let Ok(mut envelope) = made else { panic!("a ping is JSON") };
    change(&mut envelope);
    for result in bus.publish_envelopes(std::slice::from_ref(&envelope)).await {
        if let Err(error) = result {
            panic!("publish failed: {error}");
        }
    }
    envelope.id
}

/// What handlers have seen, in order.
#[derive(Debug)]
pub(super) struct Record<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Record<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone> Record<T> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    pub(super) fn push(&self, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value);
    }

    pub(super) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn len(&self) -> usize {
        self.all().len()
    }

    pub(super) async fn reaches(&self, count: usize) {
        eventually("events are handled", || async { self.len() >= count }).await;
    }
}

/// Waits for a condition, and fails when it does not come true.
pub(super) async fn eventually<Fut: Future<Output = bool>>(
    what: &str,
    mut condition: impl FnMut() -> Fut,
) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < DEADLINE, "in {DEADLINE:?} it did not come true that {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(super) async fn parked(
    bus: &Bus,
    subscription: &str,
    count: usize,
) -> Vec<crate::parked::ParkedEvent> {
    let list = || async { bus.parked().list(subscription, None, 1000).await.unwrap_or_default() };
    eventually("events are parked", || async { list().await.len() >= count }).await;
    let list = list().await;
    assert_eq!(list.len(), count, "parked events");
    list
}

/// A runner in a task of its own.
pub(super) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(super) async fn start(bus: &Bus, subscription: Subscription) -> Self {
        match subscription.bind(bus).await {
            Ok(runner) => Self::run(runner),
            Err(error) => panic!("bind failed: {error}"),
        }
    }

    pub(super) fn run(runner: Runner) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let stopped = async {
                // An error is a dropped sender, which stops as well.
                let _ = stopped.await;
            };
            if let Err(error) = runner.run(stopped).await {
                panic!("the runner failed: {error}");
            }
        });
        Self { stop, task }
    }

    /// Stops it, and waits until everything is settled.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            panic!("the runner failed: {error}");
        }
    }

    /// Drops it where it stands, as a crash would.
    pub(super) async fn kill(self) {
        self.task.abort();
        // It is over when this returns; how it ended is plain.
        let _ = self.task.await;
    }
}

/// Retries soon, so that cases are quick.
pub(super) fn quick(attempts: u32) -> RetryPolicy {
    RetryPolicy::exponential(attempts, Duration::from_millis(5), Duration::from_millis(20))
}
