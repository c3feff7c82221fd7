use std::time::Instant;

use super::{
    Fixture,
    support::{Ping, Pong, Record, Running, parked, ping, publish},
};
use crate::{Bus, Subscription};

fn recorder(record: &Record<u32>) -> Subscription {
    let record = record.clone();
    Subscription::new("place").handle(async move |event: Ping| {
        record.push(event.n);
        Ok(())
    })
}

/// A subscription whose handler begins and never ends.
fn stuck(record: &Record<u32>) -> Subscription {
    let record = record.clone();
    Subscription::new("place").handle(async move |event: Ping| {
        record.push(event.n);
        std::future::pending().await
    })
}

pub(super) async fn a_dropped_runner_acknowledges_nothing(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let begun = Record::new();
    let running = Running::start(&bus, stuck(&begun)).await;
    publish(&bus, &ping("a", 1)).await;
    begun.reaches(1).await;
    running.kill().await;
    let record = Record::new();
    let running = Running::start(&bus, recorder(&record)).await;
    record.reaches(1).await;
    running.stop().await;
    assert_eq!(record.all(), [1]);
}

pub(super) async fn a_closed_subscription_goes_on_where_it_was(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    for round in 0..3 {
        // One while nobody consumes, one while somebody does.
        if round > 0 {
            publish(&bus, &ping("a", round * 2)).await;
        }
        let running = Running::start(&bus, recorder(&record)).await;
        publish(&bus, &ping("a", round * 2 + 1)).await;
        record.reaches(round as usize * 2 + 1).await;
        running.stop().await;
    }
    let mut seen = record.all();
    seen.sort_unstable();
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

pub(super) async fn a_new_process_goes_on_where_the_old_one_was(fixture: &dyn Fixture) {
    let record = Record::new();
    let bus: Bus = fixture.open().await;
    Running::start(&bus, recorder(&record)).await.stop().await;
    for n in 0..10 {
        publish(&bus, &ping("a", n)).await;
    }
    drop(bus);
    let bus = fixture.open().await;
    let running = Running::start(&bus, recorder(&record)).await;
    record.reaches(10).await;
    running.stop().await;
    let mut seen = record.all();
    seen.sort_unstable();
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
}

pub(super) async fn what_a_dead_process_held_comes_back_soon(fixture: &dyn Fixture) {
    let begun = Record::new();
    let bus = fixture.open().await;
    let running = Running::start(&bus, stuck(&begun)).await;
    for n in 0..5 {
        publish(&bus, &ping("a", n)).await;
    }
    begun.reaches(5).await;
    running.kill().await;
    drop(bus);
    let start = Instant::now();
    let bus = fixture.open().await;
    let record = Record::new();
    let running = Running::start(&bus, recorder(&record)).await;
    record.reaches(5).await;
    let took = start.elapsed();
    running.stop().await;
    assert!(took < fixture.recovery(), "it took {took:?}");
    assert_eq!(record.len(), 5);
}

pub(super) async fn a_type_without_a_handler_is_parked(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let both = recorder(&record).handle(async |_: Pong| Ok(()));
    drop(both.bind(&bus).await);
    let id = publish(&bus, &Pong { key: "a".to_owned() }).await;
    publish(&bus, &ping("a", 1)).await;
    let running = Running::start(&bus, recorder(&record)).await;
    record.reaches(1).await;
    let list = parked(&bus, "place", 1).await;
    running.stop().await;
    assert_eq!(list[0].envelope.id, id);
    assert!(list[0].error.contains("no handler"), "{}", list[0].error);
}
