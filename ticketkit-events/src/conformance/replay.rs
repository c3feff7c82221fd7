use super::{
    Fixture,
    support::{Ping, Pong, Record, Running, ping, publish},
};
use crate::{Bus, Subscription, engine::Replay};

fn recorder(subscription: Subscription, record: &Record<u32>) -> Subscription {
    let record = record.clone();
    subscription.handle(async move |event: Ping| {
        record.push(event.n);
        Ok(())
    })
}

/// Publishes ten events that another subscription handles, and one of another type.
async fn publish_and_handle_ten(bus: &Bus) {
    let record = Record::new();
    let running = Running::start(bus, recorder(Subscription::new("first"), &record)).await;
    for n in 0..10 {
        publish(bus, &ping("a", n)).await;
    }
    publish(bus, &Pong { key: "a".to_owned() }).await;
    record.reaches(10).await;
    running.stop().await;
}

pub(super) async fn a_new_subscription_begins_with_what_comes(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    publish_and_handle_ten(&bus).await;
    let record = Record::new();
    let running = Running::start(&bus, recorder(Subscription::new("second"), &record)).await;
    publish(&bus, &ping("a", 10)).await;
    record.reaches(1).await;
    running.stop().await;
    assert_eq!(record.all(), [10]);
}

pub(super) async fn old_messages_for_a_new_subscriber(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    publish_and_handle_ten(&bus).await;
    let record = Record::new();
    let second = || {
        let subscription = Subscription::new("second").ordered().replay(Replay::FromStart);
        recorder(subscription, &record)
    };
    // What is published before anything is handled comes behind what is replayed.
    let runner = second().bind(&bus).await;
    publish(&bus, &ping("a", 10)).await;
    let Ok(runner) = runner else { panic!("{runner:?}") };
    let running = Running::run(runner);
    record.reaches(11).await;
    running.stop().await;
    // It is not new any more.
    let running = Running::start(&bus, second()).await;
    publish(&bus, &ping("a", 11)).await;
    record.reaches(12).await;
    running.stop().await;
    assert_eq!(record.all(), (0..12).collect::<Vec<_>>());
}

pub(super) async fn what_was_published_since_a_time(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    publish_and_handle_ten(&bus).await;
    // Of the clock that the engine goes by.
    let later = crate::Timestamp::now() + std::time::Duration::from_secs(3600);
    let record = Record::new();
    for (name, replay) in [
        ("none", Replay::Since(later)),
        ("all", Replay::Since(later - std::time::Duration::from_secs(7200))),
    ] {
        let subscription = recorder(Subscription::new(name).replay(replay), &record);
        let running = Running::start(&bus, subscription).await;
        publish(&bus, &ping("a", 100)).await;
        record.reaches(if name == "none" { 1 } else { 13 }).await;
        running.stop().await;
    }
    let mut seen = record.all();
    seen.sort_unstable();
    let expected: Vec<u32> = (0..10).chain([100; 3]).collect();
    assert_eq!(seen, expected, "nothing to the first, all to the second");
}

pub(super) async fn a_new_instance_gets_old_messages_each_time(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    publish_and_handle_ten(&bus).await;
    for _ in 0..2 {
        let record = Record::new();
        let subscription = Subscription::fan_out("view").replay(Replay::FromStart);
        let running = Running::start(&bus, recorder(subscription, &record)).await;
        record.reaches(10).await;
        running.stop().await;
        assert_eq!(record.len(), 10);
    }
}
