//! The run: a service under load while its broker, or it itself, is killed again and again.
//!
//! Nothing is lost, nothing has its effect twice, and the order of each key is kept. By default it
//! is short; `TICKETKIT_RUN_EVENTS=100000 TICKETKIT_RUN_KILLS=10` makes it long. The service has a
//! SQLite file; `TICKETKIT_RUN_DATABASE=postgres` gives it a database on PostgreSQL:
//!
//! ```sh
//! TICKETKIT_RUN_EVENTS=100000 TICKETKIT_RUN_KILLS=10 TICKETKIT_RUN_DATABASE=postgres \
//!     cargo xtask test rabbitmq::run
//! ```

use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sqlx::Row;
use ticketkit_events::{
    Bus, Clock, Publisher, Subscription,
    engine::rabbitmq::{RabbitMqEngine, RabbitMqOptions},
    sql::{Database, Migration, Relay, Tx},
};

use super::broker::Broker;
use crate::{
    place::Place,
    support::{OrderCreated, Running, order},
};

const URL: &str = "TICKETKIT_RUN_URL";
const BROKER: &str = "TICKETKIT_RUN_BROKER";
const KEYS: i64 = 50;
const PER_TRANSACTION: i64 = 20;
/// Within which something has to happen, however slow the machine is.
const PATIENCE: Duration = Duration::from_secs(180);
const MIGRATIONS: &[Migration] = &[Migration::new(
    1,
    "sent, handled",
    "create table sent (n bigint primary key);
     create table handled (seq {identity}, n bigint not null)",
)];

fn setting(name: &str, default: i64) -> i64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn place() -> Place {
    match std::env::var("TICKETKIT_RUN_DATABASE").as_deref() {
        Err(_) | Ok("sqlite") => Place::sqlite(),
        #[cfg(feature = "postgres")]
        Ok("postgres") => Place::postgres(),
        Ok(other) => panic!("TICKETKIT_RUN_DATABASE is {other:?}; allowed are sqlite, postgres"),
    }
}

async fn open(url: &str) -> Database {
    let database = Database::open(url).await.unwrap();
    database.migrate(MIGRATIONS).await.unwrap();
    database
}

/// A service that sends to itself through outbox, broker and inbox.
struct Service {
    database: Database,
    bus: Bus,
    running: Vec<Running>,
}

impl Service {
    async fn start(url: &str, broker: &str) -> Self {
        let database = open(url).await;
        let options = RabbitMqOptions::default().prefix("run");
        let engine = RabbitMqEngine::open_with(broker, options, Clock::system()).await.unwrap();
        let bus = Bus::new(engine);
        let subscription = Subscription::new("orders").database(&database).ordered().handle(
            async move |event: OrderCreated, mut tx: Tx| {
                sqlx::query("insert into handled (n) values ($1)")
                    .bind(event.n)
                    .execute(tx.conn())
                    .await?;
                Ok(())
            },
        );
        let mut running = vec![Running::subscription(&bus, subscription).await];
        let relay = Relay::new(&database, &bus);
        running.push(Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await));
        Self { database, bus, running }
    }

    /// Sends what is not sent yet; each event in the transaction that notes it.
    async fn send(&self, events: i64) {
        let publisher = Publisher::new("run");
        let mut next = count(&self.database, "sent").await;
        while next < events {
            let mut tx = self.database.begin().await.unwrap();
            for n in next..events.min(next + PER_TRANSACTION) {
                let insert = sqlx::query("insert into sent (n) values ($1)").bind(n);
                insert.execute(tx.conn()).await.unwrap();
                publisher.publish(&mut tx, &order(&(n % KEYS).to_string(), n)).await.unwrap();
            }
            tx.commit().await.unwrap();
            next += PER_TRANSACTION;
        }
    }

    async fn stop(self) {
        for running in self.running {
            running.stop().await;
        }
    }
}

async fn count(database: &Database, table: &'static str) -> i64 {
    let query = match table {
        "sent" => "select count(*) as n from sent",
        _ => "select count(*) as n from handled",
    };
    sqlx::query(query).fetch_one(database.reader()).await.unwrap().get("n")
}

/// Waits until so many are handled.
async fn reaches(database: &Database, target: i64) {
    let begun = Instant::now();
    let mut last = (count(database, "handled").await, Instant::now());
    while last.0 < target {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let now = count(database, "handled").await;
        if now > last.0 {
            last = (now, Instant::now());
        }
        let (handled, at) = last;
        assert!(
            at.elapsed() < PATIENCE,
            "stands at {handled} of {target} since {:?}",
            at.elapsed()
        );
    }
    println!("{target} handled after {:?}", begun.elapsed());
}

/// Checks the history: all of them, each once, and the order of each key.
async fn check(database: &Database, bus: &Bus, events: i64) {
    let rows = sqlx::query("select n from handled order by seq");
    let rows = rows.fetch_all(database.reader()).await.unwrap();
    let mut of_key: HashMap<i64, Vec<i64>> = HashMap::new();
    for n in rows.iter().map(|row| row.get::<i64, _>("n")) {
        of_key.entry(n % KEYS).or_default().push(n);
    }
    for key in 0..KEYS {
        let wanted: Vec<i64> = (key..events).step_by(KEYS as usize).collect();
        let seen = of_key.remove(&key).unwrap_or_default();
        // All of them, each once and in order; said with the first that is not.
        let wrong = wanted.iter().zip(&seen).position(|(wanted, seen)| wanted != seen);
        let around = wrong.map(|at| &seen[at.saturating_sub(2)..seen.len().min(at + 4)]);
        assert!(
            wrong.is_none() && seen.len() == wanted.len(),
            "key {key}: {} of {}, differs at {around:?}",
            seen.len(),
            wanted.len()
        );
    }
    assert_eq!(count(database, "handled").await, events);
    assert_eq!(bus.parked().list("orders", None, 9).await.unwrap().len(), 0, "none is parked");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ installed: run cargo xtask test"]
async fn a_broker_that_is_killed_again_and_again_loses_nothing() {
    let events = setting("TICKETKIT_RUN_EVENTS", 4_000);
    let kills = setting("TICKETKIT_RUN_KILLS", 2);
    let (place, begun) = (place(), Instant::now());
    let mut broker = Broker::start();
    let service = Service::start(&place.url("service"), &broker.url()).await;
    let database = service.database.clone();
    let killing = tokio::spawn(async move {
        for kill in 0..kills {
            reaches(&database, events * kill / (kills + 1) + 20).await;
            broker = tokio::task::spawn_blocking(move || {
                broker.kill_and_restart();
                broker
            })
            .await
            .unwrap();
        }
        broker
    });
    service.send(events).await;
    let broker = killing.await.unwrap();
    reaches(&service.database, events).await;
    check(&service.database, &service.bus, events).await;
    println!("{events} events, the broker killed {kills} times, in {:?}", begun.elapsed());
    service.stop().await;
    drop(broker);
}

/// What the next test starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of a_service_that_is_killed_again_and_again_loses_nothing, which runs it"]
async fn killed_service() {
    let (Ok(url), Ok(broker)) = (std::env::var(URL), std::env::var(BROKER)) else { return };
    let service = Service::start(&url, &broker).await;
    service.send(setting("TICKETKIT_RUN_EVENTS", 4_000)).await;
    std::future::pending::<()>().await;
}

struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ installed: run cargo xtask test"]
async fn a_service_that_is_killed_again_and_again_loses_nothing() {
    let events = setting("TICKETKIT_RUN_EVENTS", 4_000);
    let kills = setting("TICKETKIT_RUN_KILLS", 3);
    let (place, begun) = (place(), Instant::now());
    let url = place.url("service");
    let broker = Broker::start();
    let database = open(&url).await;
    for kill in 0..kills {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "rabbitmq::run::killed_service", "--ignored"])
            .env(URL, &url)
            .env(BROKER, broker.url())
            .env("TICKETKIT_RUN_EVENTS", events.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let child = KillOnDrop(child);
        reaches(&database, events * (kill + 1) / (kills + 1)).await;
        drop(child);
    }
    let service = Service::start(&url, &broker.url()).await;
    service.send(events).await;
    reaches(&service.database, events).await;
    check(&service.database, &service.bus, events).await;
    println!("{events} events, the service killed {kills} times, in {:?}", begun.elapsed());
    service.stop().await;
}
