//! A backlog in the outbox on its way to the broker, beside raw publishes.

use std::time::{Duration, Instant};

use tempfile::TempDir;
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
const BLOCKS: usize = 3;
/// The broker deletes what was purged, and whoever comes next would pay for it.
const REST: Duration = Duration::from_secs(5);

pub(crate) async fn relay() -> Result<()> {
    let prefix = prefix("relay");
    let bus = bus(&prefix).await?;
    let raw = Raw::open(&url()?, &prefix, KIND).await?;
    let (properties, body) = whole();
    let ours = async || {
        let (_folder, database) = filled().await?;
        let begun = Instant::now();
        Relay::new(&database, &bus).run(emptied(&database)).await;
        let rate = rate(COUNT, begun);
        raw.purge().await?;
        database.close().await;
        Ok(rate)
    };
    let reference = async || {
        // Not needed, but what a machine has to give depends on what it did before.
        let (_folder, database) = filled().await?;
        let window = TASKS as usize;
        let rate = raw.publish(KIND, body.as_bytes(), &properties, COUNT, window).await?;
        raw.purge().await?;
        database.close().await;
        Ok(rate)
    };
    let (ours, reference) = compare(BLOCKS, async || Ok(()), ours, reference).await?;
    println!("{}", Figure::at_least("relay", ours, reference, 0.75, "events/s"));
    raw.close().await
}

/// Writes a new database with an outbox, and lets the machine come to rest.
async fn filled() -> Result<(TempDir, Database)> {
    let folder = tempfile::tempdir()?;
    let database = Database::open_file(folder.path().join("bench.db")).await?;
    write(&database, &Publisher::new("bench"), COUNT).await?;
    tokio::time::sleep(REST).await;
    Ok((folder, database))
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
