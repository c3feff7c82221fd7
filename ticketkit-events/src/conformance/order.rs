use std::{
    collections::{BTreeMap, HashSet},
    time::Instant,
};

use tokio::task::JoinSet;

use super::{
    Fixture,
    support::{DEADLINE, Ping, Record, Running, eventually, parked, ping, publish, quick},
};
use crate::{Bus, Causation, Envelope, HandlerError, Meta, Subscription, Timestamp};

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

/// Four relays, each with keys of its own, that begin anew in the middle, and a handler that fails and
/// is started again.
pub(super) async fn four_relays_errors_and_new_connections_keep_the_order(fixture: &dyn Fixture) {
    let record = Record::new();
    let bus = fixture.open().await;
    let subscription = |bus: Bus| {
        let seen = record.clone();
        let subscription = Subscription::new("relayed").ordered().retry(quick(10)).handle(
            async move |event: Ping, meta: Meta| {
                if event.n % 5 == 2 && meta.attempt == 1 {
                    return Err(HandlerError::transient("again"));
                }
                seen.push((event.key, event.n));
                Ok(())
            },
        );
        async move { Running::start(&bus, subscription).await }
    };
    let running = subscription(bus).await;
    for half in [0..EACH / 2, EACH / 2..EACH] {
        let mut relays = JoinSet::new();
        for relay in 0..4 {
            let (bus, numbers) = (fixture.open().await, half.clone());
            relays.spawn(async move {
                for key in (relay..KEYS).step_by(4) {
                    let made = numbers.clone().map(|n| ping(&format!("key-{key}"), n));
                    publish_batch(&bus, &made.collect::<Vec<_>>()).await;
                }
            });
        }
        relays.join_all().await;
    }
    running.stop().await;
    let running = subscription(fixture.open().await).await;
    // What was settled late may come twice: an inbox would take it.
    let firsts = || {
        let mut firsts = record.all();
        let mut seen = HashSet::new();
        firsts.retain(|one| seen.insert(one.clone()));
        firsts
    };
    let all = (KEYS * EACH) as usize;
    eventually("events are handled", || async { firsts().len() >= all }).await;
    running.stop().await;
    assert_in_order(firsts());
}

/// Publishes as a relay does: what is refused again, and the later ones of its key with it.
async fn publish_batch(bus: &Bus, pings: &[Ping]) {
    let now = Timestamp::now();
    let mut rest = Vec::new();
    for ping in pings {
        match Envelope::new("conformance", ping, now, Causation::default()) {
            Ok(envelope) => rest.push(envelope),
            Err(error) => panic!("a ping is JSON: {error}"),
        }
    }
    let begun = Instant::now();
    while !rest.is_empty() {
        assert!(begun.elapsed() < DEADLINE, "the engine does not take {} events", rest.len());
        let results = bus.publish_envelopes(&rest).await;
        let mut taken = results.iter().map(Result::is_ok);
        rest.retain(|_| !taken.next().unwrap_or(false));
        tokio::task::yield_now().await;
    }
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
