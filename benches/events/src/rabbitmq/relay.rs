//! A backlog in the outbox on its way to the broker, beside raw publishes.

use std::time::{Duration, Instant};

use ticketkit_bench::Figure;
use ticketkit_events::{
    Publisher,
    sql::{Database, Relay},
};

use super::{KIND, TASKS, bus, prefix, raw::Raw, url, whole};
use crate::{Made, Result, figures::rate};

pub(crate) async fn relay() -> Result<()> {
    const COUNT: u64 = 200_000;
    const OF_REFERENCE: u64 = 60_000;
    let prefix = prefix("relay");
    let bus = bus(&prefix).await?;
    let raw = Raw::open(&url()?, &prefix, KIND).await?;
    let folder = tempfile::tempdir()?;
    let database = Database::open_file(folder.path().join("bench.db")).await?;
    write(&database, &Publisher::new("bench"), COUNT).await?;
    let (properties, body) = whole();
    let reference = async || {
        let window = TASKS as usize;
        let rate = raw.publish(KIND, body.as_bytes(), &properties, OF_REFERENCE, window).await?;
        raw.purge().await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(rate)
    };
    // Sustained: one long round, and the reference on both sides of it.
    let before = reference().await?;
    let begun = Instant::now();
    Relay::new(&database, &bus).run(emptied(&database)).await;
    let ours = rate(COUNT, begun);
    raw.purge().await?;
    let reference = f64::midpoint(before, reference().await?);
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

/// Writes so many events into an outbox.
async fn write(database: &Database, publisher: &Publisher, count: u64) -> Result<()> {
    const PER_TRANSACTION: u64 = 500;
    for batch in 0..count / PER_TRANSACTION {
        let mut tx = database.begin().await?;
        for n in 0..PER_TRANSACTION {
            let event = Made::new(n, batch * PER_TRANSACTION + n);
            publisher.publish(&mut tx, &event).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
