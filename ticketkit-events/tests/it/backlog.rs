//! A long outbox drains in bounded memory.
//!
//! By default it is 64 000 rows; a million are drained by
//!
//! ```sh
//! TICKETKIT_RUN_BACKLOG=1000000 cargo xtask test backlog
//! ```

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use ticketkit_events::{
    Bus, Event, Publisher,
    sql::{Database, Relay},
};

use crate::{
    place::{Place, on_each_database},
    support::Running,
    tape::{Fate, Tape},
};

on_each_database! { a_backlog_drains_in_bounded_memory }

/// More than a relay may take, in MiB.
const MOST: u64 = 64;
const MADE: u64 = 1_000;
const LARGE: u64 = 100;
/// Within which something has to move, however slow the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns how much memory this process has, in MiB.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4 / 1024
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.imported", version = 1, key = "id")]
struct OrderImported {
    id: String,
    filling: String,
}

/// Writes at least so many rows of a KiB, and some of a MiB; returns how many.
async fn write(db: &Database, wanted: u64) -> u64 {
    let publisher = Publisher::new("orders");
    let mut tx = db.begin().await.unwrap();
    for n in 0..MADE {
        let event = OrderImported { id: format!("order-{n}"), filling: "x".repeat(1_024) };
        publisher.publish(&mut tx, &event).await.unwrap();
    }
    let mut rows = MADE;
    while rows < wanted {
        sqlx::raw_sql(
            "insert into ticketkit_outbox
                 (id, kind, source, time, event_key, version, data, partition)
             select id, kind, source, time, event_key, version, data, partition
             from ticketkit_outbox",
        )
        .execute(tx.conn())
        .await
        .unwrap();
        rows *= 2;
    }
    for _ in 0..LARGE {
        let event = OrderImported { id: "large".to_owned(), filling: "x".repeat(1 << 20) };
        publisher.publish(&mut tx, &event).await.unwrap();
    }
    tx.commit().await.unwrap();
    rows + LARGE
}

/// All of it at once would be more than 200 MiB by default.
async fn a_backlog_drains_in_bounded_memory(place: Place) {
    let wanted = std::env::var("TICKETKIT_RUN_BACKLOG");
    let wanted = wanted.map_or(64_000, |text| text.parse().unwrap());
    let db = Database::open(&place.url("service")).await.unwrap();
    let rows = write(&db, wanted).await;
    let engine = Tape::new();
    let (count, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counted, peak) = (count.clone(), most.clone());
    engine.decide(move |_| {
        if counted.fetch_add(1, Ordering::Relaxed) % 100 == 0 {
            peak.fetch_max(resident(), Ordering::Relaxed);
        }
        Fate::Forgotten
    });
    let before = resident();
    let begun = Instant::now();
    let relay = Relay::new(&db, &Bus::new(engine));
    let relay = Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await);
    // Counting the rows again and again would be most of the work.
    let published = || count.load(Ordering::Relaxed);
    let mut last = (0, Instant::now());
    while published() < rows {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if published() > last.0 {
            last = (published(), Instant::now());
        }
        assert!(last.1.elapsed() < PATIENCE, "stands at {} of {rows}", last.0);
    }
    let took = begun.elapsed();
    relay.stop().await;
    assert_eq!(db.outbox_stats().await.unwrap().pending, 0);
    assert_eq!(published(), rows);
    let grown = most.load(Ordering::Relaxed).saturating_sub(before);
    let rate = rows as f64 / took.as_secs_f64();
    println!("{rows} rows in {took:?}, {rate:.0} rows/s, {grown} MiB more than before");
    assert!(grown < MOST, "{grown} MiB more than before");
}
