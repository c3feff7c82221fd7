//! Consuming the same messages, with an empty handler beside nothing at all.

use std::{
    sync::{Arc, OnceLock, atomic::AtomicU64, atomic::Ordering},
    time::Instant,
};

use ticketkit_bench::Figure;
use ticketkit_events::{Bus, Subscription};
use tokio::sync::Notify;

use super::{KIND, bus, fill, prefix, raw::Raw, url};
use crate::{
    Made, Result,
    figures::{compare, rate},
};

pub(crate) async fn consume() -> Result<()> {
    const BLOCKS: usize = 3;
    // Some seconds, also at 80,000 a second: what it takes to begin and to end counts less than what it takes to go on.
    const COUNT: u64 = 400_000;
    let prefix = prefix("consume");
    let bus = bus(&prefix).await?;
    drop(Subscription::new("ours").handle(async |_: Made| Ok(())).bind(&bus).await?);
    let raw = Raw::open(&url()?, &prefix, KIND).await?;
    let before = async || fill(&bus, COUNT).await;
    let ours = async || handle(&bus, COUNT).await;
    let url = url()?;
    let reference = async || raw.consume(&url, COUNT).await;
    let (ours, reference) = compare(BLOCKS, before, ours, reference).await?;
    println!("{}", Figure::at_least("consume", ours, reference, 0.9, "events/s"));
    bus.remove_subscription("ours").await?;
    raw.close().await
}

/// Handles so many events with an empty handler and default settings; returns the rate, from the
/// first until the last is acknowledged and the consumer closed.
pub(super) async fn handle(bus: &Bus, count: u64) -> Result<f64> {
    #[derive(Default)]
    struct Progress {
        handled: AtomicU64,
        first: OnceLock<Instant>,
        all: Notify,
    }
    let progress = Arc::new(Progress::default());
    let seen = progress.clone();
    let runner = Subscription::new("ours")
        .handle(async move |_: Made| {
            match seen.handled.fetch_add(1, Ordering::Relaxed) {
                0 => drop(seen.first.set(Instant::now())),
                before if before + 1 == count => seen.all.notify_one(),
                _ => {}
            }
            Ok(())
        })
        .bind(bus)
        .await?;
    let all = progress.clone();
    // In a task, as in services.
    tokio::spawn(runner.run(async move { all.all.notified().await })).await??;
    Ok(rate(count, *progress.first.get().ok_or("nothing was handled")?))
}
