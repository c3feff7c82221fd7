use std::time::Duration;

use super::{
    Fixture,
    support::{Ping, Record, Running, parked, ping, publish, publish_changed, quick},
};
use crate::{HandlerError, Meta, RetryPolicy, Subscription, Timestamp};

pub(super) async fn a_failed_event_is_sent_again(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription =
        Subscription::new("again").retry(quick(5)).handle(async move |_: Ping, meta: Meta| {
            seen.push((meta.id, meta.attempt));
            match meta.attempt {
                1 | 2 => Err(std::io::Error::other("not yet").into()),
                _ => Ok(()),
            }
        });
    let running = Running::start(&bus, subscription).await;
    let id = publish(&bus, &ping("a", 1)).await;
    record.reaches(3).await;
    running.stop().await;
    assert_eq!(record.all(), [(id, 1), (id, 2), (id, 3)]);
    parked(&bus, "again", 0).await;
}

pub(super) async fn a_retry_is_not_early(fixture: &dyn Fixture) {
    const PAUSE: Duration = Duration::from_millis(300);
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("later").handle(async move |_: Ping| {
        seen.push(Timestamp::now());
        match seen.len() {
            1 => Err(HandlerError::not_now(PAUSE, "busy")),
            _ => Ok(()),
        }
    });
    let running = Running::start(&bus, subscription).await;
    publish(&bus, &ping("a", 1)).await;
    record.reaches(2).await;
    running.stop().await;
    let times = record.all();
    let waited = times[1].since(times[0]);
    assert!(waited >= PAUSE, "after {waited:?} instead of {PAUSE:?}");
    assert!(waited < PAUSE * 10, "after {waited:?} instead of {PAUSE:?}");
}

pub(super) async fn not_now_is_not_counted(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("busy").retry(RetryPolicy::never()).handle(
        async move |_: Ping, meta: Meta| {
            seen.push(meta.attempt);
            match seen.len() {
                1..=3 => Err(HandlerError::not_now(Duration::from_millis(5), "busy")),
                _ => Ok(()),
            }
        },
    );
    let running = Running::start(&bus, subscription).await;
    publish(&bus, &ping("a", 1)).await;
    record.reaches(4).await;
    running.stop().await;
    assert_eq!(record.all(), [1, 1, 1, 1]);
    parked(&bus, "busy", 0).await;
}

pub(super) async fn panics_and_timeouts_are_failures(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("bad")
        .retry(quick(3))
        .timeout(Duration::from_millis(100))
        .handle(async move |_: Ping, meta: Meta| {
            seen.push(meta.attempt);
            match meta.attempt {
                1 => panic!("a bug"),
                2 => std::future::pending().await,
                _ => Ok(()),
            }
        });
    let running = Running::start(&bus, subscription).await;
    publish(&bus, &ping("a", 1)).await;
    record.reaches(3).await;
    running.stop().await;
    assert_eq!(record.all(), [1, 2, 3]);
}

pub(super) async fn the_last_failure_parks(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("parks").retry(quick(3)).handle(async move |_: Ping| {
        seen.push(());
        Err(HandlerError::transient("the stage is on fire"))
    });
    let running = Running::start(&bus, subscription).await;
    let before = Timestamp::now();
    let id = publish(&bus, &ping("a", 1)).await;
    let list = parked(&bus, "parks", 1).await;
    running.stop().await;
    assert_eq!(record.len(), 3, "attempts");
    assert_eq!((list[0].envelope.id, list[0].attempts), (id, 3));
    assert_eq!(list[0].error, "the stage is on fire");
    assert!(list[0].parked_at >= before, "{}", list[0].parked_at);
}

pub(super) async fn poison_does_not_block_others(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription =
        Subscription::new("poison").concurrency(1).handle(async move |event: Ping| {
            if event.n == 0 {
                return Err(HandlerError::permanent("poison"));
            }
            seen.push(event.n);
            Ok(())
        });
    let running = Running::start(&bus, subscription).await;
    publish(&bus, &ping("poisoned", 0)).await;
    for n in 1..=10 {
        publish(&bus, &ping("healthy", n)).await;
    }
    record.reaches(10).await;
    parked(&bus, "poison", 1).await;
    running.stop().await;
    assert_eq!(record.len(), 10);
}

pub(super) async fn what_does_not_decode_is_parked(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("strict").handle(async move |event: Ping| {
        seen.push(event.n);
        Ok(())
    });
    let running = Running::start(&bus, subscription).await;
    let newer = publish_changed(&bus, &ping("a", 1), |envelope| envelope.version = 2).await;
    let other =
        publish_changed(&bus, &ping("b", 2), |e| e.data = r#"{"n":"two"}"#.to_owned()).await;
    publish(&bus, &ping("c", 3)).await;
    record.reaches(1).await;
    let list = parked(&bus, "strict", 2).await;
    running.stop().await;
    assert_eq!(record.all(), [3]);
    let ids: Vec<_> = list.iter().map(|event| (event.envelope.id, event.attempts)).collect();
    assert_eq!(ids, [(newer, 1), (other, 1)], "parked at once");
    assert!(list[0].error.contains("version 2"), "{}", list[0].error);
}

pub(super) async fn a_redriven_event_keeps_its_id(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("redrive").retry(RetryPolicy::never()).handle(
        async move |_: Ping, meta: Meta| {
            seen.push((meta.id, meta.attempt));
            if seen.len() == 1 { Err(HandlerError::transient("once")) } else { Ok(()) }
        },
    );
    let running = Running::start(&bus, subscription).await;
    let id = publish(&bus, &ping("a", 1)).await;
    parked(&bus, "redrive", 1).await;
    let found = bus.parked().find("redrive", id).await;
    assert!(found.is_ok_and(|found| found.is_some_and(|event| event.envelope.id == id)));
    assert!(bus.parked().redrive("redrive", id).await.is_ok_and(|found| found));
    record.reaches(2).await;
    running.stop().await;
    assert_eq!(record.all(), [(id, 1), (id, 1)]);
    parked(&bus, "redrive", 0).await;
    assert!(bus.parked().redrive("redrive", id).await.is_ok_and(|found| !found));
}

pub(super) async fn a_discarded_event_is_gone(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("discard").handle(async move |event: Ping| {
        seen.push(event.n);
        Err(HandlerError::permanent("no"))
    });
    let running = Running::start(&bus, subscription).await;
    let id = publish(&bus, &ping("a", 1)).await;
    parked(&bus, "discard", 1).await;
    assert!(bus.parked().discard("discard", id).await.is_ok_and(|found| found));
    assert_eq!(bus.parked().redrive_all("discard").await.ok(), Some(0));
    running.stop().await;
    parked(&bus, "discard", 0).await;
    assert_eq!(record.len(), 1);
}
