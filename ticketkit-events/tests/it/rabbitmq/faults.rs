//! Consumers whose connection goes.

use std::time::Duration;

use ticketkit_events::{HandlerError, Meta, RetryPolicy, Subscription};

use super::{Client, History, Place, envelope, insist, proxy::Proxy};
use crate::support::{OrderCreated, Running, eventually};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn a_consumer_that_is_back_takes_no_more_than_before() {
    const ALL: u32 = 200;
    const PREFETCH: u32 = 64;
    let (place, client) = (Place::new(), Client::connect().await);
    let proxy = Proxy::to(&super::url());
    let bus = place.bus_at(&proxy.url()).await.unwrap();
    let stuck = Subscription::new("stuck")
        .concurrency(2)
        .handle(async |_: OrderCreated| std::future::pending().await);
    let runner = stuck.bind(&bus).await.unwrap();
    for n in 0..ALL {
        insist(&bus, &envelope("a", i64::from(n))).await;
    }
    let running = tokio::spawn(runner.run(std::future::pending()));
    let queue = place.queue("stuck");
    let ready = async |count| client.ready(&queue).await == count;
    eventually("the window is full", async || ready(ALL - PREFETCH).await).await;
    proxy.refuse(true);
    proxy.cut();
    eventually("all are back at the broker", async || ready(ALL).await).await;
    proxy.refuse(false);
    eventually("the window is full again", async || ready(ALL - PREFETCH).await).await;
    // More would come at once.
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(ready(ALL - PREFETCH).await, "the prefetch is lost");
    }
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn two_instances_keep_the_order_under_errors_and_cuts() {
    const KEYS: i64 = 10;
    const EACH: i64 = 60;
    let place = Place::new();
    let proxies = [Proxy::to(&super::url()), Proxy::to(&super::url())];
    let history = History::default();
    let mut runners = Vec::new();
    for proxy in &proxies {
        let bus = place.bus_at(&proxy.url()).await.unwrap();
        let seen = history.clone();
        let subscription = Subscription::new("orders")
            .ordered()
            .retry(RetryPolicy::exponential(
                20,
                Duration::from_millis(5),
                Duration::from_millis(20),
            ))
            .handle(async move |event: OrderCreated, meta: Meta| {
                tokio::time::sleep(Duration::from_millis(1)).await;
                if event.n % 7 == 3 && meta.attempt <= 2 {
                    return Err(HandlerError::transient("again"));
                }
                seen.push(&event.id, event.n);
                Ok(())
            });
        runners.push(Running::subscription(&bus, subscription).await);
    }
    let bus = place.bus().await;
    let publishing = tokio::spawn(async move {
        for n in 0..EACH {
            let batch: Vec<_> = (0..KEYS).map(|key| envelope(&format!("key-{key}"), n)).collect();
            for event in &batch {
                insist(&bus, event).await;
            }
        }
    });
    for round in 0..4 {
        let before = history.distinct();
        eventually("the flow goes on", async || {
            history.distinct() > before + 60 || publishing.is_finished()
        })
        .await;
        proxies[round % 2].cut();
    }
    publishing.await.unwrap();
    eventually("all are handled", async || history.distinct() == (KEYS * EACH) as usize).await;
    for running in runners {
        running.stop().await;
    }
    for key in 0..KEYS {
        assert_eq!(history.firsts(&format!("key-{key}")), (0..EACH).collect::<Vec<_>>(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn a_key_stays_held_back_in_the_next_instance() {
    let place = Place::new();
    let history = History::default();
    let subscription = |heals: bool| {
        let seen = history.clone();
        Subscription::new("orders").ordered().handle(async move |event: OrderCreated| {
            if !heals && event.id == "ill" && event.n == 0 {
                return Err(HandlerError::permanent("ill"));
            }
            seen.push(&event.id, event.n);
            Ok(())
        })
    };
    let bus = place.bus().await;
    let running = Running::subscription(&bus, subscription(false)).await;
    for n in 0..3 {
        insist(&bus, &envelope("ill", n)).await;
        insist(&bus, &envelope("well", n)).await;
    }
    eventually("the other key goes on", async || history.firsts("well") == [0, 1, 2]).await;
    eventually("one is parked", async || {
        bus.parked().list("orders", None, 9).await.is_ok_and(|list| list.len() == 1)
    })
    .await;
    running.stop().await;

    let bus = place.bus().await;
    let running = Running::subscription(&bus, subscription(true)).await;
    insist(&bus, &envelope("well", 3)).await;
    eventually("the other key goes on", async || history.firsts("well") == [0, 1, 2, 3]).await;
    assert!(history.firsts("ill").is_empty(), "what waits behind a parked event waits on");
    assert_eq!(bus.parked().redrive_all("orders").await.unwrap(), 1);
    eventually("the key goes on", async || history.firsts("ill") == [0, 1, 2]).await;
    running.stop().await;
    let stats = bus.subscriptions().await.unwrap().remove(0);
    assert_eq!((stats.pending, stats.parked), (0, 0), "{stats:?}");
}
