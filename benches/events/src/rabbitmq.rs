//! The RabbitMQ engine beside raw lapin, at one broker.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use lapin::BasicProperties;
use ticketkit_bench::Figure;
use ticketkit_events::{
    Bus, Causation, Clock, Envelope, Event as _, Publisher, Subscription, Timestamp,
    engine::rabbitmq::{RabbitMqEngine, RabbitMqOptions},
    sql::{Database, Relay},
};
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    Made, Result,
    figures::{compare, quantile, rate, resident},
    raw::Raw,
};

const ROUNDS: usize = 4;
const TASKS: u64 = 200;
const KIND: &str = Made::SUBJECT;

fn url() -> Result<String> {
    Ok(std::env::var("TICKETKIT_TEST_AMQP_URL")
        .map_err(|_| "TICKETKIT_TEST_AMQP_URL must name a broker")?)
}

/// A bus with names of its own at the broker.
async fn bus(prefix: &str) -> Result<Bus> {
    let options = RabbitMqOptions::default().prefix(prefix).vanishing(Duration::from_secs(600));
    Ok(Bus::new(RabbitMqEngine::open_with(&url()?, options, Clock::system()).await?))
}

fn prefix(group: &str) -> String {
    format!("bench-{group}-{}", uuid::Uuid::now_v7())
}

/// A message as a program writes it that knows no events.
fn bare() -> (BasicProperties, String) {
    let body = serde_json::to_string(&Made::new(1, 1)).unwrap_or_default();
    (BasicProperties::default().with_delivery_mode(2), body)
}

async fn nothing() -> Result<()> {
    Ok(())
}

/// Publishing from 200 tasks, each awaiting its confirm, beside 200 publishes driven together.
pub(crate) async fn publish() -> Result<()> {
    const COUNT: u64 = 60_000;
    let prefix = prefix("publish");
    let bus = bus(&prefix).await?;
    let raw = Raw::open(&url()?, &prefix, KIND).await?;
    let publisher = Publisher::new("bench");
    let (properties, body) = bare();
    let ours = async || {
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (bus, publisher) = (bus.clone(), publisher.clone());
            tasks.spawn(async move {
                for n in 0..COUNT / TASKS {
                    publisher.publish(&bus, &Made::new(task, n)).await?;
                }
                Ok::<_, ticketkit_events::PublishError>(())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        let rate = rate(COUNT, begun);
        raw.purge().await?;
        Ok(rate)
    };
    let reference = async || {
        let window = TASKS as usize;
        let rate = raw.publish(KIND, body.as_bytes(), &properties, COUNT, window).await?;
        raw.purge().await?;
        Ok(rate)
    };
    let (ours, reference) = compare(ROUNDS, nothing, ours, reference).await?;
    println!("{}", Figure::at_least("publish", ours, reference, 0.9, "events/s"));
    raw.close().await
}

/// Handles so many events with an empty handler and default settings; returns the rate, until the
/// last is acknowledged and the consumer closed.
async fn handle(bus: &Bus, count: u64) -> Result<f64> {
    let (done, all) = oneshot::channel();
    let (handled, done) = (AtomicU64::new(0), Mutex::new(Some(done)));
    let shared = Arc::new((handled, done));
    let runner = Subscription::new("ours")
        .handle(async move |_: Made| {
            if shared.0.fetch_add(1, Ordering::Relaxed) + 1 == count
                && let Some(done) = shared.1.lock().ok().and_then(|mut done| done.take())
            {
                // Who measures is still there.
                let _ = done.send(());
            }
            Ok(())
        })
        .bind(bus)
        .await?;
    let begun = Instant::now();
    // In a task, as in services.
    tokio::spawn(runner.run(async { drop(all.await) })).await??;
    Ok(rate(count, begun))
}

/// Puts so many events into every queue of the bus.
async fn fill(bus: &Bus, count: u64) -> Result<()> {
    const BATCH: u64 = 1_000;
    for batch in 0..count / BATCH {
        let events: Vec<Envelope> = (0..BATCH)
            .map(|n| {
                let event = Made::new(n, batch * BATCH + n);
                Envelope::new("bench", &event, Timestamp::now(), Causation::default())
            })
            .collect::<std::result::Result<_, _>>()?;
        bus.publish_envelopes(&events).await.into_iter().collect::<std::result::Result<(), _>>()?;
    }
    Ok(())
}

/// Consuming the same messages, with an empty handler beside nothing at all.
pub(crate) async fn consume() -> Result<()> {
    const COUNT: u64 = 60_000;
    let prefix = prefix("consume");
    let bus = bus(&prefix).await?;
    drop(Subscription::new("ours").handle(async |_: Made| Ok(())).bind(&bus).await?);
    let raw = Raw::open(&url()?, &prefix, KIND).await?;
    let before = async || fill(&bus, COUNT).await;
    let ours = async || handle(&bus, COUNT).await;
    let url = url()?;
    let reference = async || raw.consume(&url, COUNT).await;
    let (ours, reference) = compare(ROUNDS, before, ours, reference).await?;
    println!("{}", Figure::at_least("consume", ours, reference, 0.9, "events/s"));
    bus.remove_subscription("ours").await?;
    raw.close().await
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

/// A backlog in the outbox on its way to the broker, beside as many raw publishes.
pub(crate) async fn relay() -> Result<()> {
    const COUNT: u64 = 200_000;
    let prefix = prefix("relay");
    let bus = bus(&prefix).await?;
    let raw = Raw::open(&url()?, &prefix, KIND).await?;
    let folder = tempfile::tempdir()?;
    let database = Database::open_file(folder.path().join("bench.db")).await?;
    let publisher = Publisher::new("bench");
    let (properties, body) = bare();
    let before = async || write(&database, &publisher, COUNT).await;
    let ours = async || {
        let begun = Instant::now();
        // It ends when the outbox is empty.
        Relay::new(&database, &bus).run(async {}).await;
        let rate = rate(COUNT, begun);
        raw.purge().await?;
        Ok(rate)
    };
    let reference = async || {
        let window = TASKS as usize;
        let rate = raw.publish(KIND, body.as_bytes(), &properties, COUNT, window).await?;
        raw.purge().await?;
        Ok(rate)
    };
    let (ours, reference) = compare(1, before, ours, reference).await?;
    println!("{}", Figure::at_least("relay", ours, reference, 0.75, "events/s"));
    raw.close().await
}

/// From the commit of an event to the beginning of its handler, at 500 events a second.
pub(crate) async fn latency() -> Result<()> {
    const COUNT: usize = 5_000;
    const EVERY: Duration = Duration::from_millis(2);
    const MEDIAN: f64 = 5.0;
    const HIGH: f64 = 30.0;
    let bus = bus(&prefix("latency")).await?;
    let folder = tempfile::tempdir()?;
    let database = Database::open_file(folder.path().join("bench.db")).await?;
    let publisher = Publisher::new("bench");
    let handled = Arc::new(Mutex::new(vec![None; COUNT]));
    let seen = handled.clone();
    let runner = Subscription::new("ours")
        .handle(async move |event: Made| {
            let now = Instant::now();
            if let Some(at) =
                seen.lock().ok().as_mut().and_then(|all| all.get_mut(event.n as usize))
            {
                *at = Some(now);
            }
            Ok(())
        })
        .bind(&bus)
        .await?;
    let running = [
        tokio::spawn(async move { drop(runner.run(std::future::pending()).await) }),
        tokio::spawn(Relay::new(&database, &bus).run(std::future::pending())),
    ];
    let mut ticks = tokio::time::interval(EVERY);
    let mut commits: JoinSet<Result<(usize, Instant)>> = JoinSet::new();
    for n in 0..COUNT {
        ticks.tick().await;
        let (database, publisher) = (database.clone(), publisher.clone());
        commits.spawn(async move {
            let mut tx = database.begin().await?;
            publisher.publish(&mut tx, &Made::new(n as u64 % 50, n as u64)).await?;
            tx.commit().await?;
            Ok((n, Instant::now()))
        });
    }
    let mut committed = Vec::with_capacity(COUNT);
    while let Some(commit) = commits.join_next().await {
        committed.push(commit??);
    }
    let all = || handled.lock().map_or(0, |handled| handled.iter().flatten().count());
    while all() < COUNT {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.iter().for_each(tokio::task::JoinHandle::abort);
    let handled = handled.lock().map_err(|_| "the handler panicked")?;
    let mut times: Vec<Duration> = committed
        .into_iter()
        .filter_map(|(n, at)| Some(handled[n]?.saturating_duration_since(at)))
        .collect();
    times.sort_unstable();
    println!("{}", Figure::at_most("latency-median", quantile(&times, 0.5), MEDIAN, "ms"));
    println!("{}", Figure::at_most("latency-99", quantile(&times, 0.99), HIGH, "ms"));
    Ok(())
}

/// The memory of this process while it handles a few events, and while a million are queued.
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
