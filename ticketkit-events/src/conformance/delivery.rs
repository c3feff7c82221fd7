use super::{
    Fixture,
    support::{Ping, Pong, Record, Running, eventually, ping, publish},
};
use crate::{Meta, Subscription};

fn recorder(name: &str, record: &Record<Ping>) -> Subscription {
    let record = record.clone();
    Subscription::new(name).handle(async move |event: Ping| {
        record.push(event);
        Ok(())
    })
}

pub(super) async fn one_event_reaches_its_handler(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("one").handle(async move |event: Ping, meta: Meta| {
        seen.push((event, meta));
        Ok(())
    });
    let running = Running::start(&bus, subscription).await;
    let id = publish(&bus, &ping("a", 7)).await;
    record.reaches(1).await;
    running.stop().await;
    let (event, meta) = record.all().remove(0);
    assert_eq!(event, ping("a", 7));
    assert_eq!((meta.id, meta.attempt), (id, 1));
    assert_eq!((meta.source.as_str(), meta.key.as_str()), ("/conformance", "a"));
    assert_eq!(meta.correlation_id, Some(id.to_string()), "an event begins its own chain");
    assert_eq!(record.len(), 1);
}

pub(super) async fn every_subscription_gets_every_event(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let (first, second) = (Record::new(), Record::new());
    let runners = [
        Running::start(&bus, recorder("first", &first)).await,
        Running::start(&bus, recorder("second", &second)).await,
    ];
    for n in 0..20 {
        publish(&bus, &ping("a", n)).await;
    }
    first.reaches(20).await;
    second.reaches(20).await;
    for running in runners {
        running.stop().await;
    }
    assert_eq!((first.len(), second.len()), (20, 20));
}

pub(super) async fn consumers_of_a_subscription_share_its_events(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let runners = [
        Running::start(&bus, recorder("shared", &record)).await,
        Running::start(&bus, recorder("shared", &record)).await,
        Running::start(&bus, recorder("shared", &record)).await,
    ];
    for n in 0..60 {
        publish(&bus, &ping("a", n)).await;
    }
    record.reaches(60).await;
    for running in runners {
        running.stop().await;
    }
    let mut seen: Vec<u32> = record.all().iter().map(|event| event.n).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..60).collect::<Vec<_>>(), "each event once");
}

pub(super) async fn other_types_are_left_out(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let running = Running::start(&bus, recorder("pings", &record)).await;
    publish(&bus, &Pong { key: "a".to_owned() }).await;
    publish(&bus, &ping("a", 1)).await;
    record.reaches(1).await;
    running.stop().await;
    assert_eq!(record.all(), [ping("a", 1)]);
    let stats = bus.subscriptions().await.unwrap_or_default();
    assert_eq!((stats.len(), stats[0].pending, stats[0].parked), (1, 0, 0), "{stats:?}");
}

pub(super) async fn bodies_arrive_as_they_were(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let running = Running::start(&bus, recorder("bodies", &record)).await;
    let texts = [
        String::new(),
        "Grüße, 東京, 🎫, \u{0}, \u{7f}, \" \\ ' ; -- {} \r\n".to_owned(),
        "x".repeat(1024 * 1024),
    ];
    for (n, text) in (0..).zip(texts) {
        let sent = Ping { key: "ключ/🗝".to_owned(), n, text };
        publish(&bus, &sent).await;
        record.reaches(n as usize + 1).await;
        assert_eq!(record.all().pop(), Some(sent));
    }
    running.stop().await;
}

fn instance(record: &Record<u32>) -> Subscription {
    let record = record.clone();
    Subscription::fan_out("view").handle(async move |event: Ping| {
        record.push(event.n);
        Ok(())
    })
}

pub(super) async fn every_instance_gets_every_event(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let (first, second) = (Record::new(), Record::new());
    let runners = [
        Running::start(&bus, instance(&first)).await,
        Running::start(&bus, instance(&second)).await,
    ];
    for n in 0..10 {
        publish(&bus, &ping("a", n)).await;
    }
    first.reaches(10).await;
    second.reaches(10).await;
    for running in runners {
        running.stop().await;
    }
    assert_eq!((first.len(), second.len()), (10, 10));
}

pub(super) async fn an_instance_vanishes_with_its_runner(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let running = Running::start(&bus, instance(&record)).await;
    running.stop().await;
    publish(&bus, &ping("a", 1)).await;
    eventually("the subscription is gone", || async {
        bus.subscriptions().await.is_ok_and(|all| all.is_empty())
    })
    .await;
    let running = Running::start(&bus, instance(&record)).await;
    publish(&bus, &ping("a", 2)).await;
    record.reaches(1).await;
    running.stop().await;
    assert_eq!(record.all(), [2], "what was published before is not for a new instance");
}
