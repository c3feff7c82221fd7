//! Waiting before another try, and what is parked.

use std::time::{Duration, Instant};

use lapin::{BasicProperties, options::BasicPublishOptions};
use ticketkit_events::{
    Subscription,
    engine::{Lifetime, Outcome, Settlement, SubscriptionSpec},
};

use super::{Client, History, Place, envelope, insist};
use crate::support::{OrderCreated, Running, eventually};

fn spec() -> SubscriptionSpec {
    SubscriptionSpec {
        name: "orders".to_owned(),
        types: vec!["order.created".to_owned()],
        ordered: false,
        lifetime: Lifetime::Durable,
        replay: None,
        concurrency: 8,
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn no_event_waits_too_short_and_none_for_another() {
    // The longest first: the others must not wait behind it.
    const WAITS: [u64; 6] = [2_000, 900, 300, 120, 40, 1];
    let place = Place::new();
    let bus = place.bus().await;
    let mut consumer = bus.engine().subscribe(spec()).await.unwrap();
    for n in 0..WAITS.len() {
        insist(&bus, &envelope("a", n as i64)).await;
    }
    let mut failed_at = vec![None; WAITS.len()];
    let mut settlements = Vec::new();
    let mut back = Vec::new();
    while back.len() < WAITS.len() {
        let wait = consumer.wait();
        if settlements.is_empty() {
            tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap();
        } else {
            drop(wait);
        }
        let deliveries = consumer.exchange(&settlements, 10).await.unwrap();
        settlements.clear();
        for delivery in deliveries {
            let n = delivery.envelope.decode::<OrderCreated>().unwrap().n as usize;
            let wait = Duration::from_millis(WAITS[n]);
            let outcome = match failed_at[n] {
                None => {
                    failed_at[n] = Some(Instant::now());
                    Outcome::Retry { after: wait, error: "no".to_owned() }
                }
                Some(at) => {
                    let waited = Instant::now() - at;
                    assert!(waited >= wait, "{waited:?} instead of {wait:?}");
                    assert_eq!(delivery.attempt, 2);
                    back.push(n);
                    Outcome::Ack
                }
            };
            settlements.push(Settlement { claim: delivery.claim, outcome });
        }
    }
    assert!(consumer.exchange(&settlements, 0).await.unwrap().is_empty());
    consumer.close().await.unwrap();
    let longest = back.iter().position(|&n| n == 0);
    assert_eq!(longest, Some(WAITS.len() - 1), "the longest comes last: {back:?}");
    let stats = bus.subscriptions().await.unwrap().remove(0);
    assert_eq!((stats.pending, stats.retrying), (0, 0), "{stats:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn what_is_no_event_is_parked_and_can_be_discarded() {
    let (place, client) = (Place::new(), Client::connect().await);
    let bus = place.bus().await;
    let history = History::default();
    let seen = history.clone();
    let subscription = Subscription::new("orders").handle(async move |event: OrderCreated| {
        seen.push(&event.id, event.n);
        Ok(())
    });
    let running = Running::subscription(&bus, subscription).await;
    let publish = client.channel().await;
    publish
        .basic_publish(
            place.queue("events").into(),
            "order.created".into(),
            BasicPublishOptions::default(),
            b"\xff\xfe",
            BasicProperties::default(),
        )
        .await
        .unwrap()
        .await
        .unwrap();
    insist(&bus, &envelope("a", 1)).await;
    eventually("the other is handled", async || history.distinct() == 1).await;
    let list = async || bus.parked().list("orders", None, 9).await.unwrap();
    eventually("it is parked", async || list().await.len() == 1).await;
    let parked = list().await.remove(0);
    assert!(parked.error.contains("cloudEvents:id"), "{}", parked.error);
    assert!(bus.parked().discard("orders", parked.envelope.id).await.unwrap());
    assert!(list().await.is_empty());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn parked_events_are_paged_in_their_order_and_redriven_all() {
    const ALL: i64 = 250;
    let place = Place::new();
    let bus = place.bus().await;
    let mut consumer = bus.engine().subscribe(spec()).await.unwrap();
    for n in 0..ALL {
        insist(&bus, &envelope("a", n)).await;
    }
    let mut parked = 0;
    while parked < ALL {
        tokio::time::timeout(Duration::from_secs(20), consumer.wait()).await.unwrap();
        let deliveries = consumer.exchange(&[], 50).await.unwrap();
        let settlements: Vec<_> = deliveries
            .iter()
            .map(|delivery| {
                let outcome = Outcome::Park { error: "no".to_owned() };
                Settlement { claim: delivery.claim, outcome }
            })
            .collect();
        parked += settlements.len() as i64;
        consumer.exchange(&settlements, 0).await.unwrap();
    }
    consumer.close().await.unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = bus.parked().list("orders", after, 100).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 100);
        after = Some(last.id);
        seen.extend(page.iter().map(|event| event.envelope.decode::<OrderCreated>().unwrap().n));
    }
    assert_eq!(seen, (0..ALL).collect::<Vec<_>>());
    assert_eq!(bus.parked().redrive_all("orders").await.unwrap(), ALL as u64);
    let stats = bus.subscriptions().await.unwrap().remove(0);
    assert_eq!((stats.pending, stats.parked), (ALL as u64, 0), "{stats:?}");
    assert!(bus.remove_subscription("orders").await.unwrap());
    assert!(!bus.remove_subscription("orders").await.unwrap());
}
