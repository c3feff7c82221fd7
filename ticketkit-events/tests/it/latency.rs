//! How long an event takes, and how many there are in a second. Not run by
//! default: what it prints depends on the machine.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ticketkit_events::{
    Bus, Publisher, Subscription,
    sql::{Relay, Tx},
};
use tokio::sync::mpsc;

use crate::{
    service::Service,
    support::{OrderCreated, Running, order},
};

async fn world(url: &str) -> (Service, Vec<Running>, mpsc::UnboundedReceiver<Instant>) {
    let mut service = Service::new().await;
    service.bus = Bus::open(&url.replace("FOLDER", &service.folder.path().display().to_string()))
        .await
        .unwrap();
    let (sender, receiver) = mpsc::unbounded_channel();
    let subscription = Subscription::new("measured").database(&service.db).ordered().handle(
        async move |_: OrderCreated, _: Tx| {
            sender.send(Instant::now()).unwrap();
            Ok(())
        },
    );
    let handling = Running::subscription(&service.bus, subscription).await;
    let relay = Relay::new(&service.db, &service.bus);
    let relaying = Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await);
    (service, vec![handling, relaying], receiver)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures: run it alone, in release"]
async fn commit_to_handler() {
    for url in ["memory:", "sqlite://FOLDER/events.db"] {
        let (service, running, mut handled) = world(url).await;
        let publisher = Publisher::new("orders");
        let mut times = Vec::new();
        let mut commits = Vec::new();
        for n in 0..200 {
            let start = Instant::now();
            let mut tx = service.db.begin().await.unwrap();
            publisher.publish(&mut tx, &order(&n.to_string(), n)).await.unwrap();
            tx.commit().await.unwrap();
            let committed = Instant::now();
            commits.push(committed - start);
            times.push(handled.recv().await.unwrap().saturating_duration_since(committed));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times.sort();
        commits.sort();
        println!(
            "{url}: commit {:?}, commit to handler: median {:?}, 99 % {:?}",
            commits[100], times[100], times[198]
        );
        for running in running {
            running.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures: run it alone, in release"]
async fn throughput() {
    const COUNT: i64 = 5000;
    let (service, running, mut handled) = world("sqlite://FOLDER/events.db").await;
    let publisher = Publisher::new("orders");
    let start = Instant::now();
    for n in 0..COUNT / 50 {
        let mut tx = service.db.begin().await.unwrap();
        for m in 0..50 {
            publisher.publish(&mut tx, &order(&(m % 20).to_string(), n)).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let committed = start.elapsed();
    for _ in 0..COUNT {
        handled.recv().await.unwrap();
    }
    println!("{COUNT} events: committed in {committed:?}, handled in {:?}", start.elapsed());
    for running in running {
        running.stop().await;
    }
    let bus = Arc::new(service.bus.clone());
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..50_i64 {
        let (bus, publisher) = (bus.clone(), publisher.clone());
        tasks.spawn(async move {
            for n in 0..20 {
                publisher.publish(&*bus, &order(&task.to_string(), n)).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    println!("1000 events straight to the engine by 50 tasks: {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures: run it alone, in release"]
async fn idle() {
    let (service, running, _handled) = world("sqlite://FOLDER/events.db").await;
    let mut more = Vec::new();
    for n in 0..20 {
        let subscription =
            Subscription::new(format!("idle-{n}")).ordered().handle(async |_: OrderCreated| Ok(()));
        more.push(Running::subscription(&service.bus, subscription).await);
    }
    let ticks = || -> u64 {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = ticks();
    tokio::time::sleep(Duration::from_secs(10)).await;
    println!("21 idle subscriptions and a relay: {} ms of CPU in 10 s", (ticks() - before) * 10);
    for running in running.into_iter().chain(more) {
        running.stop().await;
    }
}
