//! The RabbitMQ engine at a real broker.

mod blocked;
mod broker;
mod faults;
mod proxy;
mod publishing;
mod retrying;
#[cfg(feature = "sql")]
mod run;
mod survey;
mod topology;

use std::{sync::Arc, time::Duration};

use lapin::{Channel, Connection, options::QueueDeclareOptions, types::FieldTable};
use ticketkit_events::{
    BoxFuture, Bus, Causation, Clock, Envelope, Timestamp,
    conformance::Fixture,
    engine::{
        EngineError,
        rabbitmq::{RabbitMqEngine, RabbitMqOptions},
    },
};

use crate::support::order;

/// Names of its own at the broker; they vanish a while after the test.
pub(crate) struct Place {
    prefix: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { prefix: format!("test-{}", uuid::Uuid::now_v7()) }
    }

    async fn bus(&self) -> Bus {
        self.bus_at(&url()).await.unwrap()
    }

    async fn bus_at(&self, url: &str) -> Result<Bus, EngineError> {
        let options = RabbitMqOptions::default()
            .prefix(self.prefix.as_str())
            .vanishing(Duration::from_secs(300));
        Ok(Bus::new(RabbitMqEngine::open_with(url, options, Clock::system()).await?))
    }

    fn queue(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }
}

impl Fixture for Place {
    fn open(&self) -> BoxFuture<'_, Bus> {
        Box::pin(self.bus())
    }
}

/// Returns the address of the broker that tests may use.
fn url() -> String {
    std::env::var("TICKETKIT_TEST_AMQP_URL").expect("TICKETKIT_TEST_AMQP_URL names a broker")
}

/// A plain client, to see and change what is at the broker.
struct Client {
    connection: Connection,
}

impl Client {
    async fn connect() -> Self {
        let connection = Connection::connect(&url(), Default::default()).await.unwrap();
        Self { connection }
    }

    async fn channel(&self) -> Channel {
        self.connection.create_channel().await.unwrap()
    }

    /// Returns how many messages of a queue no consumer has.
    async fn ready(&self, queue: &str) -> u32 {
        let channel = self.channel().await;
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let found = channel.queue_declare(queue.into(), passive, FieldTable::default()).await;
        let count = found.unwrap().message_count();
        channel.close(200, "bye".into()).await.unwrap();
        count
    }
}

fn envelope(key: &str, n: i64) -> Envelope {
    Envelope::new("test", &order(key, n), Timestamp::now(), Causation::default()).unwrap()
}

/// Publishes until it is confirmed, under the same id; returns how often it took.
async fn insist(bus: &Bus, event: &Envelope) -> u32 {
    for attempt in 1..2_000 {
        let results = bus.publish_envelopes(std::slice::from_ref(event)).await;
        if results.into_iter().all(|result| result.is_ok()) {
            return attempt;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it was never confirmed");
}

/// What was handled, in order, by key.
#[derive(Clone, Default)]
struct History(Arc<std::sync::Mutex<Vec<(String, i64)>>>);

impl History {
    fn push(&self, key: &str, n: i64) {
        self.0.lock().unwrap().push((key.to_owned(), n));
    }

    fn all(&self) -> Vec<(String, i64)> {
        self.0.lock().unwrap().clone()
    }

    /// Returns the different ones of a key, in the order in which they came first.
    fn firsts(&self, key: &str) -> Vec<i64> {
        let mut firsts = Vec::new();
        for (_, n) in self.all().into_iter().filter(|(of, _)| of == key) {
            if !firsts.contains(&n) {
                firsts.push(n);
            }
        }
        firsts
    }

    fn distinct(&self) -> usize {
        self.all().into_iter().collect::<std::collections::HashSet<_>>().len()
    }
}
