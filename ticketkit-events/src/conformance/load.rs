use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use super::{
    Fixture,
    support::{Ping, Pong, Record, Running, ping, publish, quick},
};
use crate::{Bus, HandlerError, Meta, Subscription};

fn recorder(name: &str, record: &Record<u32>) -> Subscription {
    let record = record.clone();
    Subscription::new(name).handle(async move |event: Ping| {
        record.push(event.n);
        Ok(())
    })
}

/// Every number at least once; and how often that was more than once.
fn assert_all(record: &Record<u32>, count: u32) -> usize {
    let mut times: BTreeMap<u32, usize> = BTreeMap::new();
    for n in record.all() {
        *times.entry(n).or_default() += 1;
    }
    let missing: Vec<u32> = (0..count).filter(|n| !times.contains_key(n)).collect();
    assert_eq!(missing, [0; 0], "of {count} events these were never handled");
    times.values().filter(|times| **times > 1).count()
}

async fn publish_at_once(bus: &Bus, publishers: u32, each: u32) {
    let mut tasks = tokio::task::JoinSet::new();
    for publisher in 0..publishers {
        let bus = bus.clone();
        tasks.spawn(async move {
            for n in publisher * each..(publisher + 1) * each {
                publish(&bus, &ping(&format!("key-{n}"), n)).await;
            }
        });
    }
    tasks.join_all().await;
}

pub(super) async fn many_publish_and_many_handle_at_once(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let records = [Record::new(), Record::new(), Record::new()];
    let mut runners = Vec::new();
    for (n, record) in records.iter().enumerate() {
        for _ in 0..2 {
            runners.push(Running::start(&bus, recorder(&format!("group-{n}"), record)).await);
        }
    }
    publish_at_once(&bus, 5, 20).await;
    for record in &records {
        record.reaches(100).await;
    }
    for running in runners {
        running.stop().await;
    }
    for record in &records {
        assert_eq!(assert_all(record, 100), 0, "nothing failed, so each comes once");
    }
}

pub(super) async fn one_subscription_takes_many_types(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let (pings, pongs) = (Record::new(), Record::new());
    let seen = pongs.clone();
    let both = recorder("both", &pings).handle(async move |event: Pong| {
        seen.push(event.key);
        Ok(())
    });
    let running = Running::start(&bus, both).await;
    for n in 0..20 {
        publish(&bus, &ping("a", n)).await;
        publish(&bus, &Pong { key: n.to_string() }).await;
    }
    pings.reaches(20).await;
    pongs.reaches(20).await;
    running.stop().await;
    assert_eq!((assert_all(&pings, 20), pongs.len()), (0, 20));
}

pub(super) async fn work_goes_on_after_many_errors(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("errors").retry(quick(10)).handle(
        async move |event: Ping, meta: Meta| {
            // Each event fails up to three times, in three ways.
            if meta.attempt <= event.n % 4 {
                match meta.attempt {
                    1 => return Err(HandlerError::transient("no")),
                    2 => panic!("a bug"),
                    _ => return Err(HandlerError::transient("still no")),
                }
            }
            seen.push(event.n);
            Ok(())
        },
    );
    let running = Running::start(&bus, subscription).await;
    publish_at_once(&bus, 4, 15).await;
    record.reaches(60).await;
    running.stop().await;
    assert_all(&record, 60);
    super::support::parked(&bus, "errors", 0).await;
}

pub(super) async fn consumers_that_stop_together_lose_nothing(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let mut runners = Vec::new();
    for _ in 0..5 {
        runners.push(Running::start(&bus, recorder("stops", &record)).await);
    }
    publish_at_once(&bus, 4, 25).await;
    let mut stopping = tokio::task::JoinSet::new();
    for running in runners {
        stopping.spawn(running.stop());
    }
    stopping.join_all().await;
    let running = Running::start(&bus, recorder("stops", &record)).await;
    record.reaches(100).await;
    running.stop().await;
    assert_eq!(assert_all(&record, 100), 0, "what a stop gives back was not handled");
}

pub(super) async fn a_stop_waits_for_the_handler(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let (begun, ended) = (Record::new(), Arc::new(AtomicU32::new(0)));
    let (seen, count) = (begun.clone(), ended.clone());
    let subscription = Subscription::new("slow").handle(async move |event: Ping| {
        seen.push(event.n);
        tokio::time::sleep(Duration::from_millis(100)).await;
        count.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    let running = Running::start(&bus, subscription).await;
    publish(&bus, &ping("a", 0)).await;
    begun.reaches(1).await;
    running.stop().await;
    assert_eq!(ended.load(Ordering::SeqCst), 1, "it was cut off");
    let stats = bus.subscriptions().await.unwrap_or_default();
    assert_eq!(stats.iter().map(|stats| stats.pending).sum::<u64>(), 0, "it was not settled");
}
