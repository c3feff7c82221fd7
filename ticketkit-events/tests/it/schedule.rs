//! Events that are published later.

use std::time::Duration;

use ticketkit_events::{
    Bus, Clock, Publisher, Subscription, Timestamp,
    sql::{Database, Relay},
};
use tokio::sync::mpsc;

use crate::{
    place::{Place, on_each_database},
    support::{OrderCreated, Running, eventually, order},
};

on_each_database! {
    nothing_fires_early_and_everything_fires,
    a_cancelled_or_replaced_schedule_does_not_fire,
    a_schedule_survives_a_restart,
    a_schedule_needs_no_transaction_of_the_callers,
}

const MINUTE: Duration = Duration::from_secs(60);

struct World {
    place: Place,
    clock: Clock,
    db: Database,
    bus: Bus,
    fired: mpsc::UnboundedReceiver<(i64, Timestamp)>,
    running: Vec<Running>,
}

impl World {
    async fn new(place: Place) -> Self {
        let clock = Clock::manual(Timestamp::from_millis(1_000_000));
        let (sender, fired) = mpsc::unbounded_channel();
        let (db, bus) = (Self::open(&place, &clock).await, Bus::memory());
        let subscription = Subscription::new("fired").handle(
            async move |event: OrderCreated, meta: ticketkit_events::Meta| {
                sender.send((event.n, meta.time)).unwrap();
                Ok(())
            },
        );
        let handling = Running::subscription(&bus, subscription).await;
        let mut world = Self { place, clock, db, bus, fired, running: vec![handling] };
        world.relay();
        world
    }

    async fn open(place: &Place, clock: &Clock) -> Database {
        Database::open_with(&place.url("service"), clock.clone()).await.unwrap()
    }

    fn relay(&mut self) {
        let relay = Relay::new(&self.db, &self.bus);
        self.running
            .push(Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await));
    }

    async fn schedule(&self, n: i64, after: Duration, cancel_key: &str) {
        let mut tx = self.db.begin().await.unwrap();
        let publisher = Publisher::new("expiration").with_clock(self.clock.clone());
        let at = self.clock.now() + after;
        publisher.publish_at(&mut tx, &order("a", n), at, cancel_key).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn scheduled(&self) -> u64 {
        self.db.outbox_stats().await.unwrap().scheduled
    }
}

async fn nothing_fires_early_and_everything_fires(place: Place) {
    let mut world = World::new(place).await;
    let start = world.clock.now();
    world.schedule(2, MINUTE * 2, "two").await;
    world.schedule(1, MINUTE, "one").await;
    world.clock.advance(MINUTE - Duration::from_millis(1));
    // One that is due at once shows that the relay has looked.
    world.schedule(0, Duration::ZERO, "zero").await;
    assert_eq!(world.fired.recv().await.unwrap().0, 0);
    assert_eq!(world.scheduled().await, 2);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(
        world.fired.recv().await.unwrap(),
        (1, start + MINUTE),
        "the time is when it was due"
    );
    assert!(world.fired.try_recv().is_err());
    world.clock.advance(MINUTE);
    assert_eq!(world.fired.recv().await.unwrap(), (2, start + MINUTE * 2));
    eventually("no schedule is left", async || world.scheduled().await == 0).await;
}

async fn a_cancelled_or_replaced_schedule_does_not_fire(place: Place) {
    let mut world = World::new(place).await;
    world.schedule(1, MINUTE, "cancelled").await;
    world.schedule(2, MINUTE, "replaced").await;
    world.schedule(3, MINUTE * 2, "replaced").await;
    let publisher = Publisher::new("expiration");
    let mut tx = world.db.begin().await.unwrap();
    assert!(publisher.cancel(&mut tx, "cancelled").await.unwrap());
    assert!(!publisher.cancel(&mut tx, "unknown").await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = world.db.begin().await.unwrap();
    assert!(publisher.cancel(&mut tx, "replaced").await.unwrap());
    tx.rollback().await.unwrap();
    world.clock.advance(MINUTE * 3);
    assert_eq!(world.fired.recv().await.unwrap().0, 3);
    eventually("no schedule is left", async || world.scheduled().await == 0).await;
    assert!(world.fired.try_recv().is_err());
}

async fn a_schedule_survives_a_restart(place: Place) {
    let mut world = World::new(place).await;
    world.schedule(1, MINUTE, "one").await;
    world.running.pop().unwrap().kill().await;
    world.db.close().await;
    world.clock.advance(MINUTE * 10);
    world.db = World::open(&world.place, &world.clock).await;
    world.relay();
    assert_eq!(world.fired.recv().await.unwrap().0, 1);
}

async fn a_schedule_needs_no_transaction_of_the_callers(place: Place) {
    let mut world = World::new(place).await;
    let publisher = Publisher::new("expiration").with_clock(world.clock.clone());
    let start = world.clock.now();
    publisher.publish_after(&world.db, &order("a", 1), MINUTE, "one").await.unwrap();
    publisher.publish_at(&world.db, &order("a", 2), start + MINUTE, "two").await.unwrap();
    assert!(publisher.cancel(&world.db, "two").await.unwrap());
    assert!(!publisher.cancel(&world.db, "two").await.unwrap());
    world.clock.advance(MINUTE);
    assert_eq!(world.fired.recv().await.unwrap(), (1, start + MINUTE));
    eventually("no schedule is left", async || world.scheduled().await == 0).await;
    assert!(world.fired.try_recv().is_err());
}
