//! What Ok and an error of `publish` mean.

use std::{collections::HashSet, time::Duration};

use lapin::options::QueueDeleteOptions;
use ticketkit_events::Subscription;
use tokio::task::JoinSet;

use super::{Client, History, Place, envelope, insist, proxy::Proxy};
use crate::support::{OrderCreated, Running, eventually};

fn recorder(name: &str, history: &History) -> Subscription {
    let history = history.clone();
    Subscription::new(name).handle(async move |event: OrderCreated| {
        history.push(&event.id, event.n);
        Ok(())
    })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn what_no_queue_takes_is_told_from_what_goes_along() {
    let place = Place::new();
    let bus = place.bus().await;
    drop(recorder("orders", &History::default()).bind(&bus).await.unwrap());
    // Without it nothing keeps what nobody subscribed to.
    let channel = Client::connect().await;
    let deleted = channel
        .channel()
        .await
        .queue_delete(place.queue("unrouted").into(), QueueDeleteOptions::default())
        .await;
    deleted.unwrap();
    for wrong in [HashSet::from([500]), (0..1_000).step_by(37).collect()] {
        let mut events: Vec<_> = (0..1_000).map(|n| envelope(&format!("key-{n}"), n)).collect();
        for &index in &wrong {
            events[index].kind = "order.forgotten".to_owned();
        }
        let results = bus.publish_envelopes(&events).await;
        let refused: HashSet<usize> =
            (0..).zip(&results).filter(|(_, result)| result.is_err()).map(|(n, _)| n).collect();
        assert_eq!(refused, wrong);
        for error in results.into_iter().filter_map(Result::err) {
            assert!(error.to_string().contains("finds no queue"), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn what_nobody_subscribed_to_is_kept() {
    let place = Place::new();
    let bus = place.bus().await;
    assert_eq!(insist(&bus, &envelope("a", 1)).await, 1);
    assert_eq!(Client::connect().await.ready(&place.queue("unrouted")).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn after_a_failed_event_the_later_ones_of_its_key_fail_too() {
    let place = Place::new();
    let bus = place.bus().await;
    let history = History::default();
    let running = Running::subscription(&bus, recorder("orders", &history)).await;
    let mut events: Vec<_> = (0..30).map(|n| envelope(["a", "b", "c"][n % 3], n as i64)).collect();
    // Longer than a routing key may be.
    events[10].kind = "x".repeat(300);
    let results = bus.publish_envelopes(&events).await;
    let refused: Vec<_> = (0..).zip(&results).filter(|(_, r)| r.is_err()).map(|(n, _)| n).collect();
    assert_eq!(refused, [10, 13, 16, 19, 22, 25, 28], "all of b from there on");
    eventually("the others are handled", async || history.distinct() == 23).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn nothing_that_was_confirmed_is_lost_when_connections_are_cut() {
    const KEYS: i64 = 40;
    const EACH: i64 = 60;
    let place = Place::new();
    let proxy = Proxy::to(&super::url());
    let bus = place.bus_at(&proxy.url()).await.unwrap();
    let history = History::default();
    let running = Running::subscription(&bus, recorder("orders", &history).ordered()).await;
    let mut tasks = JoinSet::new();
    for key in 0..KEYS {
        let bus = bus.clone();
        tasks.spawn(async move {
            let mut again = 0;
            for n in 0..EACH {
                again += insist(&bus, &envelope(&format!("key-{key}"), n)).await - 1;
            }
            again
        });
    }
    for _ in 0..5 {
        let before = history.distinct();
        eventually("the flow goes on", async || {
            history.distinct() > before + 50 || tasks.is_empty()
        })
        .await;
        proxy.cut();
    }
    let again: u32 = tasks.join_all().await.into_iter().sum();
    assert!(again > 0, "no cut has hit a publish");
    eventually("all are handled", async || history.distinct() == (KEYS * EACH) as usize).await;
    running.stop().await;
    for key in 0..KEYS {
        assert_eq!(history.firsts(&format!("key-{key}")), (0..EACH).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn an_outage_is_an_error_soon_and_over_when_the_broker_is_back() {
    let place = Place::new();
    let proxy = Proxy::to(&super::url());
    let bus = place.bus_at(&proxy.url()).await.unwrap();
    bus.check().await.unwrap();
    proxy.refuse(true);
    proxy.cut();
    eventually("the check says so", async || bus.check().await.is_err()).await;
    let events = [envelope("a", 1)];
    let publish = bus.publish_envelopes(&events);
    let results = tokio::time::timeout(Duration::from_secs(15), publish).await.unwrap();
    assert!(results[0].is_err());
    proxy.refuse(false);
    eventually("the check says so", async || bus.check().await.is_ok()).await;
    insist(&bus, &envelope("a", 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn a_connection_on_which_nothing_moves_is_given_up() {
    let place = Place::new();
    let proxy = Proxy::to(&super::url());
    let bus = place.bus_at(&format!("{}?heartbeat=1", proxy.url())).await.unwrap();
    proxy.stall(true);
    let publish = tokio::spawn({
        let bus = bus.clone();
        async move { bus.publish_envelopes(&[envelope("a", 1)]).await.remove(0).is_err() }
    });
    eventually("the check says so", async || bus.check().await.is_err()).await;
    assert!(publish.await.unwrap(), "whether the broker has it is not known");
    proxy.stall(false);
    proxy.cut();
    insist(&bus, &envelope("a", 1)).await;
}
