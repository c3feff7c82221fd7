//! A backlog in the outbox on its way to the broker, beside raw publishes.

use std::time::{Duration, Instant};

use ticketkit_bench::Figure;
use ticketkit_events::{
    Publisher,
    sql::{Database, Relay},
};

use super::{KIND, TASKS, bus, prefix, raw::Raw, url, whole};
use crate::{
    Made, Result,
    figures::{compare, rate},
};

/// Rows that are relayed, and messages that the raw client publishes beside it, in each round: the
/// queue of the one grows as long as that of the other.
const COUNT: u64 = 200_000;
const PAIRS: usize = 5;
/// The broker deletes what was purged, and whoever comes next would pay for it.
const REST: Duration = Duration::from_secs(12);

pub(crate) async fn relay() -> Result<()> {
    let prefix = prefix("relay");
    let bus = bus(&prefix).await?;
    let raw = Raw::open(&url()?, &prefix, KIND).await?;
    let folder = tempfile::tempdir()?;
    let database = Database::open_file(folder.path().join("bench.db")).await?;
    let publisher = Publisher::new("bench");
    let (properties, body) = whole();
    let purge = async || {
        raw.purge().await?;
        tokio::time::sleep(REST).await;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    let before = async || write(&database, &publisher, COUNT).await;
    let ours = async || {
        let begun = Instant::now();
        Relay::new(&database, &bus).run(emptied(&database)).await;
        let rate = rate(COUNT, begun);
        purge().await?;
        Ok(rate)
    };
    let reference = async || {
        let window = TASKS as usize;
        let rate = raw.publish(KIND, body.as_bytes(), &properties, COUNT, window).await?;
        purge().await?;
        Ok(rate)
    };
    let (ours, reference) = compare(PAIRS, before, ours, reference).await?;
    println!("{}", Figure::at_least("relay", ours, reference, 0.75, "events/s"));
    raw.close().await
}

/// Waits until the outbox is empty.
async fn emptied(database: &Database) {
    const LOOK: Duration = Duration::from_millis(10);
    const FIRST: &str = "select seq from ticketkit_outbox limit 1";
    while let Ok(Some(_)) = sqlx::query(FIRST).fetch_optional(database.reader()).await {
        tokio::time::sleep(LOOK).await;
    }
}

/// Writes so many events into an outbox, of `KEYS` keys in turn.
async fn write(database: &Database, publisher: &Publisher, count: u64) -> Result<()> {
    const KEYS: u64 = 500;
    const PER_TRANSACTION: u64 = 500;
    for first in (0..count).step_by(PER_TRANSACTION as usize) {
        let events: Vec<Made> =
            (first..first + PER_TRANSACTION).map(|n| Made::new(n % KEYS, n)).collect();
        let mut tx = database.begin().await?;
        publisher.publish_all(&mut tx, &events).await?;
        tx.commit().await?;
    }
    Ok(())
}
