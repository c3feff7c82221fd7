//! What the SQL engine keeps, for how long, and what it takes back.

use std::time::Duration;

use sqlx::Row;
use ticketkit_events::{
    Bus, Clock, Publisher, Subscription, Timestamp,
    engine::{Lifetime, Outcome, Settlement, SubscriptionSpec},
    sql::Database,
};

use crate::support::{OrderCreated, order};

#[tokio::test]
async fn events_past_their_time_go_as_fast_as_others_come() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let clock = Clock::manual(Timestamp::from_millis(1_790_000_000_000));
    let url = format!("sqlite://{}", path.display());
    let bus = Bus::open_with(&url, clock.clone()).await.unwrap();
    let engine = Database::open_file(&path).await.unwrap();
    let publisher = Publisher::new("test").with_clock(clock.clone());
    let mut tx = engine.begin().await.unwrap();
    sqlx::query(
        "with recursive many (n) as (select 1 union all select n + 1 from many where n < 9000)
         insert into ticketkit_events
             (id, kind, source, time, event_key, version, data, published_at)
         select 'old-' || n, 'order.created', '/test', 0, 'a', 1, '{}', $1 from many",
    )
    .bind(clock.now().as_millis())
    .execute(tx.conn())
    .await
    .unwrap();
    tx.commit().await.unwrap();
    clock.advance(Duration::from_secs(25 * 3600));
    // One in five minutes would never catch up with ten in a second.
    for n in 0..10 {
        publisher.publish(&bus, &order("a", n)).await.unwrap();
        clock.advance(Duration::from_millis(100));
    }
    let row = sqlx::query("select count(*) as n from ticketkit_events").fetch_one(engine.reader());
    assert_eq!(row.await.unwrap().get::<i64, _>("n"), 10);
}

#[tokio::test]
async fn an_instance_that_never_comes_to_rest_is_not_taken_for_dead() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp::from_millis(1_790_000_000_000));
    let url = format!("sqlite://{}", folder.path().join("events.db").display());
    let bus = Bus::open_with(&url, clock.clone()).await.unwrap();
    let spec = SubscriptionSpec {
        name: "view".to_owned(),
        types: vec!["order.created".to_owned()],
        ordered: true,
        lifetime: Lifetime::Instance,
        replay: None,
        concurrency: 1,
    };
    let mut consumer = bus.engine().subscribe(spec).await.unwrap();
    let mut settlements = Vec::new();
    // The sweep comes every five minutes.
    for n in 0..60 {
        Publisher::new("test").publish(&bus, &order("a", n)).await.unwrap();
        let deliveries = consumer.exchange(&settlements, 1).await.unwrap();
        assert_eq!(deliveries.len(), 1, "the event {n} is missed");
        let outcome = Outcome::Ack;
        settlements = vec![Settlement { claim: deliveries[0].claim, outcome }];
        clock.advance(Duration::from_secs(20));
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_holds_up_nothing_that_a_killed_process_had() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("events.db").display());
    let noon = Timestamp::from_millis(1_790_000_000_000);
    let mut spec = SubscriptionSpec {
        name: "kept".to_owned(),
        types: vec!["order.created".to_owned()],
        ordered: true,
        lifetime: Lifetime::Durable,
        replay: None,
        concurrency: 1,
    };
    for (ordered, n) in [(true, 1), (false, 2)] {
        spec.ordered = ordered;
        let bus = Bus::open_with(&url, Clock::manual(noon)).await.unwrap();
        let mut killed = bus.engine().subscribe(spec.clone()).await.unwrap();
        Publisher::new("test").publish(&bus, &order("a", n)).await.unwrap();
        assert_eq!(killed.exchange(&[], 1).await.unwrap().len(), 1);
        let earlier = Clock::manual(noon - Duration::from_secs(3600));
        let bus = Bus::open_with(&url, earlier).await.unwrap();
        let mut next = bus.engine().subscribe(spec.clone()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(5), next.wait()).await.expect("it is ready");
        let deliveries = next.exchange(&[], 1).await.unwrap();
        assert_eq!(deliveries.len(), 1);
        let outcome = Outcome::Ack;
        let done = [Settlement { claim: deliveries[0].claim, outcome }];
        next.exchange(&done, 0).await.unwrap();
    }
}

#[tokio::test]
async fn a_subscription_that_nobody_runs_any_more_is_seen_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("events.db").display());
    for bus in [Bus::open(&url).await.unwrap(), Bus::memory()] {
        let subscription = Subscription::new("old").handle(async |_: OrderCreated| Ok(()));
        drop(subscription.bind(&bus).await.unwrap());
        Publisher::new("test").publish(&bus, &order("a", 1)).await.unwrap();
        let stats = bus.subscriptions().await.unwrap();
        assert_eq!((stats[0].name.as_str(), stats[0].pending), ("old", 1));
        assert!(bus.remove_subscription("old").await.unwrap());
        assert!(!bus.remove_subscription("old").await.unwrap(), "it was there once");
        assert_eq!(bus.subscriptions().await.unwrap(), []);
        Publisher::new("test").publish(&bus, &order("a", 2)).await.unwrap();
        assert_eq!(bus.subscriptions().await.unwrap(), []);
    }
}
