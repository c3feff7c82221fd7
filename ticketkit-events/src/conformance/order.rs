use std::collections::BTreeMap;

use super::{
    Fixture,
    support::{Ping, Record, Running, eventually, parked, ping, publish, quick},
};
use crate::{Bus, HandlerError, Meta, Subscription};

const KEYS: u32 = 7;
const EACH: u32 = 30;

async fn publish_all(bus: &Bus) {
    for n in 0..EACH {
        for key in 0..KEYS {
            publish(bus, &ping(&format!("key-{key}"), n)).await;
        }
    }
}

fn assert_in_order(seen: Vec<(String, u32)>) {
    let mut keys: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (key, n) in seen {
        keys.entry(key).or_default().push(n);
    }
    assert_eq!(keys.len(), KEYS as usize);
    for (key, numbers) in keys {
        assert_eq!(numbers, (0..EACH).collect::<Vec<_>>(), "{key}");
    }
}

pub(super) async fn a_burst_keeps_the_order_of_each_key(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let mut runners = Vec::new();
    for _ in 0..2 {
        let seen = record.clone();
        let subscription = Subscription::new("burst").ordered().handle(async move |event: Ping| {
            tokio::task::yield_now().await;
            seen.push((event.key, event.n));
            Ok(())
        });
        runners.push(Running::start(&bus, subscription).await);
    }
    publish_all(&bus).await;
    record.reaches((KEYS * EACH) as usize).await;
    for running in runners {
        running.stop().await;
    }
    assert_in_order(record.all());
}

pub(super) async fn errors_keep_the_order_of_each_key(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("errors").ordered().retry(quick(10)).handle(
        async move |event: Ping, meta: Meta| {
            // Every third event fails twice.
            if event.n % 3 == 1 && meta.attempt <= 2 {
                return Err(HandlerError::transient("again"));
            }
            seen.push((event.key, event.n));
            Ok(())
        },
    );
    let running = Running::start(&bus, subscription).await;
    publish_all(&bus).await;
    record.reaches((KEYS * EACH) as usize).await;
    running.stop().await;
    assert_in_order(record.all());
}

pub(super) async fn later_events_of_a_key_wait_for_a_parked_one(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let healed = Record::new();
    let well = healed.clone();
    let subscription = Subscription::new("waits").ordered().handle(async move |event: Ping| {
        if event.key == "ill" && event.n == 1 && well.len() == 0 {
            return Err(HandlerError::permanent("ill"));
        }
        seen.push((event.key, event.n));
        Ok(())
    });
    let running = Running::start(&bus, subscription).await;
    for n in 0..4 {
        publish(&bus, &ping("ill", n)).await;
        publish(&bus, &ping("well", n)).await;
    }
    let of = |key: &str| -> Vec<u32> {
        record.all().into_iter().filter(|(k, _)| k == key).map(|(_, n)| n).collect()
    };
    eventually("the other key is done", || async { of("well") == [0, 1, 2, 3] }).await;
    let list = parked(&bus, "waits", 1).await;
    assert_eq!(of("ill"), [0], "what comes after the parked event waits");
    healed.push(());
    assert!(bus.parked().redrive("waits", list[0].envelope.id).await.is_ok_and(|found| found));
    eventually("the key goes on", || async { of("ill") == [0, 1, 2, 3] }).await;
    running.stop().await;
}
