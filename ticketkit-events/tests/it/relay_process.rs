//! A relay in a process of its own, for a service that has none.

use std::{
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use sqlx::Row;
use ticketkit_events::{
    Bus, Publisher, Subscription,
    sql::{Database, Relay},
};

use crate::{
    place::{Place, on_each_database},
    support::{OrderCreated, Running, eventually, order},
};

on_each_database! { a_service_leaves_relaying_to_another_process }

const SERVICE: &str = "TICKETKIT_EVENTS_RELAY_SERVICE";
const EVENTS: &str = "TICKETKIT_EVENTS_RELAY_EVENTS";

/// What the parent starts and kills: a relay, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of the other tests here, which run it"]
async fn relay() {
    let (Ok(service), Ok(events)) = (std::env::var(SERVICE), std::env::var(EVENTS)) else { return };
    let db = Database::open(&service).await.unwrap();
    let bus = Bus::open(&events).await.unwrap();
    Relay::new(&db, &bus).run(std::future::pending()).await;
}

struct Process(Child);

impl Process {
    fn start(place: &Place) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "relay_process::relay", "--ignored"])
            .env(SERVICE, place.url("service"))
            .env(EVENTS, place.url("events"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

async fn a_service_leaves_relaying_to_another_process(place: Place) {
    let db = Database::open(&place.url("service")).await.unwrap();
    let bus = Bus::open(&place.url("events")).await.unwrap();
    let handled = Arc::new(Mutex::new(Vec::new()));
    let handles = handled.clone();
    let subscription = Subscription::new("orders").database(&db).ordered().handle(
        async move |event: OrderCreated| {
            handles.lock().unwrap().push(event.n);
            Ok(())
        },
    );
    let running = Running::subscription(&bus, subscription).await;
    let commit = async |numbers: std::ops::Range<i64>| {
        for n in numbers {
            let mut tx = db.begin().await.unwrap();
            Publisher::new("orders").publish(&mut tx, &order("a", n)).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    let pending = async || db.outbox_stats().await.unwrap().pending;
    let relays = async || -> i64 {
        let query = "select count(distinct relay) as n from ticketkit_relay_partitions";
        sqlx::query(query).fetch_one(db.reader()).await.unwrap().get("n")
    };

    commit(0..20).await;
    assert_eq!((pending().await, relays().await), (20, 0), "nobody relays here");
    let first = Process::start(&place);
    eventually("all are handled", async || handled.lock().unwrap().len() == 20).await;
    assert_eq!(relays().await, 1);
    commit(20..40).await;
    eventually("those that follow too", async || handled.lock().unwrap().len() == 40).await;

    eventually("the outbox is empty", async || pending().await == 0).await;
    // Killed with its leases, which the next one waits for.
    drop(first);
    commit(40..60).await;
    assert_eq!(pending().await, 20, "nobody relays now");
    let second = Process::start(&place);
    eventually("the rest is handled", async || handled.lock().unwrap().len() == 60).await;
    eventually("the outbox is empty", async || pending().await == 0).await;
    drop(second);
    running.stop().await;
    assert_eq!(*handled.lock().unwrap(), (0..60).collect::<Vec<_>>());
}
