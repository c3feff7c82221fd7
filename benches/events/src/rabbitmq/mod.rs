//! The RabbitMQ engine beside raw lapin, at one broker.

mod consume;
mod latency;
mod memory;
mod publish;
mod raw;
mod relay;

use std::time::Duration;

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use ticketkit_events::{
    Bus, Causation, Clock, Envelope, Event as _, Timestamp,
    engine::rabbitmq::{RabbitMqEngine, RabbitMqOptions},
};

pub(crate) use self::{
    consume::consume, latency::latency, memory::memory, publish::publish, relay::relay,
};
use crate::{Made, Result};

/// Publishes that are under way at the same time.
const TASKS: u64 = 200;
const KIND: &str = Made::SUBJECT;

fn url() -> Result<String> {
    Ok(std::env::var("TICKETKIT_TEST_AMQP_URL")
        .map_err(|_| "TICKETKIT_TEST_AMQP_URL must name a broker")?)
}

/// A bus with names of its own at the broker.
async fn bus(prefix: &str) -> Result<Bus> {
    let options = RabbitMqOptions::default().prefix(prefix).vanishing(Duration::from_secs(600));
    Ok(Bus::new(RabbitMqEngine::open_with(&url()?, options, Clock::system()).await?))
}

fn prefix(group: &str) -> String {
    format!("bench-{group}-{}", uuid::Uuid::now_v7())
}

/// The data of an event, and the properties of its message as a program writes them that knows no
/// events: persistent and nothing else.
fn bare() -> (BasicProperties, String) {
    let body = serde_json::to_string(&Made::new(1, 1)).unwrap_or_default();
    (BasicProperties::default().with_delivery_mode(2), body)
}

/// The same with the attributes of CloudEvents, which every event has on its way.
fn whole() -> (BasicProperties, String) {
    let (properties, body) = bare();
    let id = uuid::Uuid::now_v7().to_string();
    let time = Timestamp::now().to_string();
    let mut headers = FieldTable::default();
    for (name, value) in [
        ("cloudEvents:specversion", "1.0"),
        ("cloudEvents:id", &id),
        ("cloudEvents:type", KIND),
        ("cloudEvents:source", "/bench"),
        ("cloudEvents:time", &time),
        ("cloudEvents:subject", "1"),
        ("cloudEvents:correlationid", &id),
    ] {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    headers.insert("cloudEvents:dataversion".into(), AMQPValue::LongInt(1));
    headers.insert("ticketkit-partition".into(), AMQPValue::LongInt(1));
    let properties = properties
        .with_content_type("application/json".into())
        .with_message_id(id.as_str().into())
        .with_timestamp(1)
        .with_headers(headers);
    (properties, body)
}

/// Puts so many events into every queue of the bus.
async fn fill(bus: &Bus, count: u64) -> Result<()> {
    const BATCH: u64 = 1_000;
    for batch in 0..count / BATCH {
        let events: Vec<Envelope> = (0..BATCH)
            .map(|n| {
                let event = Made::new(n, batch * BATCH + n);
                Envelope::new("bench", &event, Timestamp::now(), Causation::default())
            })
            .collect::<std::result::Result<_, _>>()?;
        bus.publish_envelopes(&events).await.into_iter().collect::<std::result::Result<(), _>>()?;
    }
    Ok(())
}
