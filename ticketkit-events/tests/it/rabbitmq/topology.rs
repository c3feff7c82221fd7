//! What is declared, and what is said when it cannot be.

use std::error::Error;

use lapin::{options::QueueDeclareOptions, types::FieldTable};
use ticketkit_events::{Bus, Subscription};

use super::{Client, Place};
use crate::support::OrderCreated;

fn subscription(name: &str) -> Subscription {
    Subscription::new(name).handle(async |_: OrderCreated| Ok(()))
}

fn all_texts(error: &dyn Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(&format!(" {source}"));
        next = source.source();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn a_queue_that_is_there_otherwise_is_explained() {
    let (place, client) = (Place::new(), Client::connect().await);
    let bus = place.bus().await;
    let queue = place.queue("orders");
    // As somebody made it by hand; it goes with this connection.
    let by_hand = QueueDeclareOptions { auto_delete: true, ..Default::default() };
    let channel = client.channel().await;
    channel.queue_declare(queue.as_str().into(), by_hand, FieldTable::default()).await.unwrap();
    let error = subscription("orders").bind(&bus).await.unwrap_err();
    assert!(error.is_unsupported(), "{error}");
    for part in [queue.as_str(), "is there with another", "delete it"] {
        assert!(error.to_string().contains(part), "{part:?} in {error}");
    }
    // The engine is well all the same.
    assert!(subscription("others").bind(&bus).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn wrong_credentials_are_refused_and_not_repeated() {
    let url = super::url();
    let (_, host) = url.rsplit_once('@').unwrap_or(("", "127.0.0.1:5672"));
    for url in [format!("amqp://guest:s3cret@{host}"), "amqp://guest:s3cret@127.0.0.1:1".to_owned()]
    {
        let error = Bus::open(&url).await.unwrap_err();
        let text = all_texts(&error);
        assert!(text.contains("cannot connect to amqp://"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn names_that_the_engine_needs_itself_are_refused() {
    let bus = Place::new().bus().await;
    let error = subscription("orders.dead").bind(&bus).await.unwrap_err();
    assert!(error.to_string().contains("\"orders.dead\""), "{error}");
}
