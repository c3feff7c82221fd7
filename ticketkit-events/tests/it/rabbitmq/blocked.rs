//! A broker that is short of memory.

use std::time::Duration;

use ticketkit_events::{Subscription, engine::EngineError};

use super::{History, Place, broker::Broker, envelope, insist};
use crate::support::{OrderCreated, Running, eventually};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ installed: run cargo xtask test"]
async fn a_broker_short_of_memory_holds_up_publishers_and_not_consumers() {
    only_publishers_wait(|subscription| subscription).await;
}

/// Its instances tell one another that they are there, which must not be on the connection that
/// consumes.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ installed: run cargo xtask test"]
async fn a_broker_short_of_memory_holds_up_no_ordered_subscription() {
    only_publishers_wait(Subscription::ordered).await;
}

async fn only_publishers_wait(make: impl Fn(Subscription) -> Subscription) {
    let broker = Broker::start();
    let place = Place::new();
    let bus = place.bus_at(&broker.url()).await.unwrap();
    let history = History::default();
    let seen = history.clone();
    let subscription = Subscription::new("orders").handle(async move |event: OrderCreated| {
        seen.push(&event.id, event.n);
        Ok(())
    });
    let runner = make(subscription).bind(&bus).await.unwrap();
    insist(&bus, &envelope("a", 1)).await;
    broker.ctl(&["set_vm_memory_high_watermark", "0.00001"]);
    let publish = tokio::spawn({
        let bus = bus.clone();
        async move { bus.publish_envelopes(&[envelope("a", 2)]).await.remove(0) }
    });
    // The broker says so when something is published.
    let blocked = |error: EngineError| error.to_string().contains("takes no events");
    eventually("the check says so", async || bus.check().await.is_err_and(blocked)).await;
    let running = Running::spawn(async move |stopped| {
        runner.run(async { drop(stopped.await) }).await.unwrap();
    });
    eventually("what is there is handled", async || history.distinct() == 1).await;
    // Beacons come every second.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(!publish.is_finished(), "it waits");
    // The broker would not read this from a connection that has published.
    let figures = tokio::time::timeout(Duration::from_secs(10), bus.survey(&[])).await;
    let figures = figures.expect("the broker still reads from who consumes").unwrap();
    assert_eq!((figures[0].pending, figures[0].consumers), (0, Some(1)));
    broker.ctl(&["set_vm_memory_high_watermark", "0.6"]);
    publish.await.unwrap().unwrap();
    eventually("it is handled", async || history.distinct() == 2).await;
    bus.check().await.unwrap();
    running.stop().await;
}
