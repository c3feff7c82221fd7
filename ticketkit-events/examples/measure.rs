//! Measures how long an event takes and what an idle service costs:
//! `cargo run --release -p ticketkit-events --features sql --example measure`.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use ticketkit_events::{
    Bus, Event, HandlerError, Publisher, Subscription,
    sql::{Database, Relay, Tx},
};
use tokio::sync::mpsc;

const SINGLE: usize = 200;
const BURST: u32 = 5000;
const PER_TRANSACTION: u32 = 50;
const IDLE: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "measure.made", version = 1, key = "key")]
struct Made {
    key: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for url in ["memory:", "sqlite://FOLDER/events.db"] {
        measure(url).await?;
    }
    Ok(())
}

async fn measure(url: &str) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let db = Database::open_file(folder.path().join("service.db")).await?;
    let bus = Bus::open(&url.replace("FOLDER", &folder.path().display().to_string())).await?;
    let (sender, mut handled) = mpsc::unbounded_channel();
    let handler = async move |_: Made, _: Tx| {
        sender.send(Instant::now())?;
        Ok(())
    };
    let runner =
        Subscription::new("measure").database(&db).ordered().handle(handler).bind(&bus).await?;
    tokio::spawn(runner.run(std::future::pending()));
    tokio::spawn(Relay::new(&db, &bus).run(std::future::pending()));
    let publisher = Publisher::new("measure");

    let mut times = Vec::with_capacity(SINGLE);
    for _ in 0..SINGLE {
        let mut tx = db.begin().await?;
        publisher.publish(&mut tx, &Made { key: 0 }).await?;
        tx.commit().await?;
        let committed = Instant::now();
        let at = handled.recv().await.ok_or("the handler is gone")?;
        times.push(at.saturating_duration_since(committed));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    times.sort_unstable();
    println!(
        "{url} commit to handler: median {:?}, 99 % {:?}",
        times[SINGLE / 2],
        times[SINGLE * 99 / 100]
    );

    let start = Instant::now();
    for _ in 0..BURST / PER_TRANSACTION {
        let mut tx = db.begin().await?;
        for key in 0..PER_TRANSACTION {
            publisher.publish(&mut tx, &Made { key }).await?;
        }
        tx.commit().await?;
    }
    for _ in 0..BURST {
        handled.recv().await.ok_or("the handler is gone")?;
    }
    println!("{url} {BURST} events handled, inbox included, in {:?}", start.elapsed());

    for n in 0..20 {
        let idle = Subscription::new(format!("idle-{n}")).handle(nothing).bind(&bus).await?;
        tokio::spawn(idle.run(std::future::pending()));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = cpu_time();
    tokio::time::sleep(IDLE).await;
    if let (Some(before), Some(after)) = (before, cpu_time()) {
        println!(
            "{url} 21 idle subscriptions and a relay: {:?} of CPU in {IDLE:?}",
            after - before
        );
    }
    Ok(())
}

async fn nothing(_: Made) -> Result<(), HandlerError> {
    Ok(())
}

/// Reads the CPU time of this process, where Linux tells it.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    // A tick is a hundredth of a second on every Linux that Rust runs on.
    Some(Duration::from_millis((user + system) * 10))
}
