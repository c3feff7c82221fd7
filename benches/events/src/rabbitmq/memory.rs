//! The memory of this process while it handles a few events, and while a million are queued.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ticketkit_bench::Figure;
use ticketkit_events::Subscription;

use super::{bus, consume::handle, fill, prefix};
use crate::{Made, Result, figures::resident};

pub(crate) async fn memory() -> Result<()> {
    const FEW: u64 = 10_000;
    const MANY: u64 = 1_000_000;
    const GROWTH: f64 = 1.1;
    let prefix = prefix("memory");
    let bus = bus(&prefix).await?;
    drop(Subscription::new("ours").handle(async |_: Made| Ok(())).bind(&bus).await?);
    let peak = async |count| {
        fill(&bus, count).await?;
        let most = Arc::new(Mutex::new(0.0_f64));
        let watched = most.clone();
        let watch = tokio::spawn(async move {
            loop {
                if let Ok(mut most) = watched.lock() {
                    *most = most.max(resident());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        handle(&bus, count).await?;
        watch.abort();
        let most = most.lock().map_or(f64::NAN, |most| *most);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(most)
    };
    // The first time, what grows once grows.
    peak(FEW).await?;
    let few = peak(FEW).await?;
    let many = peak(MANY).await?;
    println!("{}", Figure::new("memory", many, few, "MiB"));
    println!("{}", Figure::at_most("memory-growth", many / few, GROWTH, "times"));
    bus.remove_subscription("ours").await?;
    Ok(())
}
