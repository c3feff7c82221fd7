//! What the tests share.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use ticketkit_events::{Bus, Event, Subscription};
use tokio::{sync::oneshot, task::JoinHandle};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "id")]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderCreated {
    pub(crate) id: String,
    pub(crate) n: i64,
}

#[cfg(feature = "sql")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(subject = "ticket.reserved", version = 1, key = "id")]
pub(crate) struct TicketReserved {
    pub(crate) id: String,
}

pub(crate) fn order(id: &str, n: i64) -> OrderCreated {
    OrderCreated { id: id.to_owned(), n }
}

/// Waits for a condition, and fails when it does not come true.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < Duration::from_secs(60), "it did not come true that {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A future in a task, with a way to stop it.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn spawn<Fut: Future<Output = ()> + Send + 'static>(
        make: impl FnOnce(oneshot::Receiver<()>) -> Fut,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(make(stopped)) }
    }

    pub(crate) async fn subscription(bus: &Bus, subscription: Subscription) -> Self {
        let runner = subscription.bind(bus).await.unwrap();
        Self::spawn(async move |stopped| {
            runner.run(async { drop(stopped.await) }).await.unwrap();
        })
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }

    pub(crate) async fn kill(self) {
        self.task.abort();
        drop(self.task.await);
    }
}
