//! What the SQL engine keeps, by age and by size, and what a new subscription gets of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use sqlx::Row;
use ticketkit_events::{
    Bus, Clock, HandlerError, Publisher, Replay, RetryPolicy, Subscription, Timestamp,
    engine::sql::{SqlEngine, SqlOptions},
    sql::Database,
};

use crate::{
    place::{Place, on_each_database},
    support::{OrderCreated, Running, eventually, order},
};

on_each_database! {
    beyond_a_size_the_oldest_that_were_handled_go,
    beyond_an_age_what_was_handled_goes,
    what_was_not_handled_goes_only_where_the_settings_say_so,
    a_replay_beside_a_sweep_has_the_event_of_each_delivery,
}

/// Of the data of each event, a little more.
const KIB: u64 = 1024;

struct Engine {
    bus: Bus,
    /// The tables.
    database: Database,
    clock: Clock,
    _place: Place,
}

impl Engine {
    async fn open(place: Place, options: SqlOptions) -> Self {
        let clock = Clock::manual(Timestamp::from_millis(1_790_000_000_000));
        let url = place.url("events");
        let engine = SqlEngine::open_with(&url, options, clock.clone()).await.unwrap();
        let database = Database::open(&url).await.unwrap();
        Self { bus: Bus::new(engine), database, clock, _place: place }
    }

    async fn publish(&self, numbers: std::ops::Range<i64>) {
        let publisher = Publisher::new("test").with_clock(self.clock.clone());
        for n in numbers {
            publisher.publish(&self.bus, &order(&"x".repeat(1_000), n)).await.unwrap();
        }
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query(query).fetch_one(self.database.reader()).await.unwrap().get("n")
    }

    /// Returns the numbers of the events that are kept.
    async fn kept(&self) -> Vec<i64> {
        let query = "select data from ticketkit_events order by seq";
        let rows = sqlx::query(query).fetch_all(self.database.reader()).await.unwrap();
        let number = |data: String| serde_json::from_str::<OrderCreated>(&data).unwrap().n;
        rows.iter().map(|row| number(row.get("data"))).collect()
    }

    async fn pending(&self, name: &str) -> u64 {
        let all = self.bus.subscriptions().await.unwrap();
        all.iter().find(|of| of.name == name).unwrap().pending
    }

    /// Lets a subscription handle all that there is; returns the numbers.
    async fn handle_all(&self, subscription: Subscription) -> Vec<i64> {
        let name = subscription.spec().name;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sees = seen.clone();
        let subscription = subscription.handle(async move |event: OrderCreated| {
            sees.lock().unwrap().push(event.n);
            Ok(())
        });
        let running = Running::subscription(&self.bus, subscription).await;
        eventually("all is handled", async || self.pending(&name).await == 0).await;
        running.stop().await;
        let seen = seen.lock().unwrap();
        seen.clone()
    }

    async fn declare(&self, name: &str) {
        let subscription = Subscription::new(name).handle(async |_: OrderCreated| Ok(()));
        drop(subscription.bind(&self.bus).await.unwrap());
    }
}

fn ordered(name: &str) -> Subscription {
    Subscription::new(name).ordered()
}

async fn beyond_a_size_the_oldest_that_were_handled_go(place: Place) {
    const LIMIT: u64 = 64;
    let engine = Engine::open(place, SqlOptions::default().retain_bytes(LIMIT * KIB)).await;
    engine.declare("late").await;
    engine.publish(0..200).await;
    assert_eq!(engine.kept().await, (0..200).collect::<Vec<_>>(), "none of them was handled");
    assert_eq!(engine.handle_all(ordered("late")).await, (0..200).collect::<Vec<_>>());
    engine.declare("later").await;
    // As much as it takes for a look, and a little more.
    engine.publish(200..210).await;
    let kept = engine.kept().await;
    assert_eq!(kept, (kept[0]..210).collect::<Vec<_>>(), "the newest");
    assert!((40..=72).contains(&kept.len()), "{} are kept", kept.len());
    // What a new subscription gets is what there is.
    let replayed = engine.handle_all(ordered("new").replay(Replay::FromStart)).await;
    assert_eq!(replayed, kept);
}

async fn beyond_an_age_what_was_handled_goes(place: Place) {
    let hour = Duration::from_secs(3600);
    let engine = Engine::open(place, SqlOptions::default().retain_for(3 * hour)).await;
    engine.declare("late").await;
    engine.publish(0..5).await;
    engine.clock.advance(2 * hour);
    engine.publish(5..10).await;
    let since = Replay::Since(engine.clock.now());
    engine.clock.advance(2 * hour);
    engine.publish(10..11).await;
    assert_eq!(engine.kept().await, (0..11).collect::<Vec<_>>(), "none of them was handled");
    engine.handle_all(ordered("late")).await;
    engine.clock.advance(Duration::from_secs(600));
    engine.publish(11..12).await;
    assert_eq!(engine.kept().await, (5..12).collect::<Vec<_>>());
    let replayed = engine.handle_all(ordered("new").replay(since)).await;
    assert_eq!(replayed, (5..12).collect::<Vec<_>>());
    engine.clock.advance(hour);
    engine.publish(12..13).await;
    let since = Replay::Since(engine.clock.now());
    assert_eq!(engine.handle_all(ordered("newer").replay(since)).await, [12]);
}

async fn what_was_not_handled_goes_only_where_the_settings_say_so(place: Place) {
    const LIMIT: u64 = 64;
    let options = SqlOptions::default().retain_bytes(LIMIT * KIB).drop_unhandled();
    let engine = Engine::open(place, options).await;
    // One that is parked, and one that nobody has begun with.
    engine.declare("idle").await;
    let parking = Subscription::new("parking").retry(RetryPolicy::never()).handle(
        async |event: OrderCreated| match event.n {
            0 => Err(HandlerError::permanent("never")),
            _ => Ok(()),
        },
    );
    let running = Running::subscription(&engine.bus, parking).await;
    engine.publish(0..30).await;
    eventually("the first is parked", async || {
        engine.bus.parked().list("parking", None, 9).await.unwrap().len() == 1
            && engine.pending("parking").await == 0
    })
    .await;
    running.stop().await;
    engine.publish(30..200).await;
    let kept = engine.kept().await;
    assert_eq!(kept, (kept[0]..200).collect::<Vec<_>>(), "the newest");
    assert!((40..=72).contains(&kept.len()), "{} are kept", kept.len());
    assert_eq!(engine.bus.parked().list("parking", None, 9).await.unwrap().len(), 0);
    assert_eq!(engine.handle_all(ordered("idle")).await, kept);
    let stray = "select count(*) as n from ticketkit_deliveries where seq not in
                     (select seq from ticketkit_events)";
    assert_eq!(engine.count(stray).await, 0, "deliveries without an event");
}

async fn a_replay_beside_a_sweep_has_the_event_of_each_delivery(place: Place) {
    // Each publish sweeps, and leaves a few.
    let engine = Arc::new(Engine::open(place, SqlOptions::default().retain_bytes(8 * KIB)).await);
    let published = Arc::new(AtomicI64::new(0));
    let (publishing, count) = (engine.clone(), published.clone());
    let publishing = tokio::spawn(async move {
        loop {
            let n = count.load(Ordering::SeqCst);
            publishing.publish(n..n + 1).await;
            count.store(n + 1, Ordering::SeqCst);
        }
    });
    for round in 0..30 {
        let name = format!("new-{round}");
        let subscription = Subscription::new(&name).replay(Replay::FromStart);
        let subscription = subscription.handle(async |_: OrderCreated| Ok(()));
        drop(subscription.bind(&engine.bus).await.unwrap());
        let then = published.load(Ordering::SeqCst);
        eventually("the sweep is over", async || published.load(Ordering::SeqCst) > then + 2).await;
        let stray = "select count(*) as n from ticketkit_deliveries where seq not in
                         (select seq from ticketkit_events)";
        assert_eq!(engine.count(stray).await, 0, "deliveries without an event, round {round}");
        assert!(engine.bus.remove_subscription(&name).await.unwrap());
    }
    publishing.abort();
}
