//! From the commit of an event to the beginning of its handler, at 500 events a second: out of an
//! outbox on PostgreSQL, as services on RabbitMQ have it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ticketkit_bench::Figure;
use ticketkit_events::{Publisher, Subscription, sql::Relay};
use tokio::task::JoinSet;

use super::{bus, prefix};
use crate::{Made, Result, figures::quantile, sql::OnPostgres};

pub(crate) async fn latency() -> Result<()> {
    const COUNT: usize = 5_000;
    const EVERY: Duration = Duration::from_millis(2);
    const MEDIAN: f64 = 5.0;
    const HIGH: f64 = 30.0;
    let bus = bus(&prefix("latency")).await?;
    let postgres = OnPostgres::open().await?;
    let database = postgres.database.clone();
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
    let handled = handled.lock().map_err(|_| "the handler panicked")?.clone();
    let mut times: Vec<Duration> = committed
        .into_iter()
        .filter_map(|(n, at)| Some(handled[n]?.saturating_duration_since(at)))
        .collect();
    times.sort_unstable();
    println!("{}", Figure::at_most("latency-median", quantile(&times, 0.5), MEDIAN, "ms"));
    println!("{}", Figure::at_most("latency-99", quantile(&times, 0.99), HIGH, "ms"));
    postgres.remove().await
}
