//! A process that is killed at any moment: nothing is lost, nothing done twice.

use std::{
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use sqlx::Row;
use ticketkit_events::{
    Bus, Publisher, Subscription,
    faults::{FaultyBus, Point},
    sql::{Database, Migration, Relay, Tx},
};
use tokio::{sync::Semaphore, task::LocalSet};

use crate::support::{OrderCreated, Running, TicketReserved, eventually, order};

const FOLDER: &str = "TICKETKIT_EVENTS_CRASH_FOLDER";
/// The number of a point in [`Point::ALL`], a colon, and how often it is passed.
const POINT: &str = "TICKETKIT_EVENTS_CRASH_POINT";
const ROUNDS: u64 = 6;
/// SIGABRT.
const ABORTED: i32 = 6;
const MIGRATIONS: &[Migration] = &[Migration::new(
    1,
    "sent, first, second, noted",
    "create table sent (n bigint not null);
     create table first (n bigint not null);
     create table second (n bigint not null);
     create table noted (n bigint not null)",
)];

async fn open(folder: &Path) -> (Database, Bus) {
    let db = Database::open_file(folder.join("service.db")).await.unwrap();
    db.migrate(MIGRATIONS).await.unwrap();
    let bus = Bus::open(&format!("sqlite://{}", folder.join("events.db").display())).await.unwrap();
    (db, bus)
}

/// A service that sends to itself, in two steps; each step leaves a row.
async fn start(db: &Database, bus: &Bus) -> Vec<Running> {
    let publisher = Publisher::new("crash");
    let first = Subscription::new("first").database(db).ordered().handle(
        async move |event: OrderCreated, mut tx: Tx| {
            sqlx::query("insert into first (n) values ($1)")
                .bind(event.n)
                .execute(tx.conn())
                .await?;
            publisher.publish(&mut tx, &TicketReserved { id: event.n.to_string() }).await?;
            Ok(())
        },
    );
    let second = Subscription::new("second").database(db).handle(
        async move |event: TicketReserved, mut tx: Tx| {
            sqlx::query("insert into second (n) values ($1)")
                .bind(event.id.parse::<i64>()?)
                .execute(tx.conn())
                .await?;
            Ok(())
        },
    );
    // Its inbox rows are shared, and committed before anything is settled.
    let database = db.clone();
    let noted = Subscription::new("noted").database(db).handle(async move |event: OrderCreated| {
        let mut tx = database.begin().await?;
        sqlx::query("insert into noted (n) values ($1)").bind(event.n).execute(tx.conn()).await?;
        tx.commit().await?;
        Ok(())
    });
    let mut running = Vec::new();
    for subscription in [first, second, noted] {
        running.push(Running::subscription(bus, subscription).await);
    }
    let relay = Relay::new(db, bus);
    running.push(Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await));
    running
}

async fn numbers(db: &Database, query: &'static str) -> Vec<i64> {
    let rows = sqlx::query(query).fetch_all(db.reader()).await.unwrap();
    rows.iter().map(|row| row.get("n")).collect()
}

async fn send(db: &Database) {
    let mut tx = db.begin().await.unwrap();
    let row = sqlx::query("insert into sent (n) select count(*) from sent returning n")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    let n: i64 = row.get("n");
    Publisher::new("crash").publish(&mut tx, &order(&(n % 3).to_string(), n)).await.unwrap();
    tx.commit().await.unwrap();
}

/// What the parent starts, and kills or lets die.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of the other tests here, which run it"]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (db, mut bus) = open(Path::new(&folder)).await;
    if let Ok(point) = std::env::var(POINT) {
        let (point, nth) = point.split_once(':').unwrap();
        let process = FaultyBus::new(&bus, 1).process("child");
        process.crash_at(Point::ALL[point.parse::<usize>().unwrap()], nth.parse().unwrap());
        bus = process.bus();
        tokio::spawn(async move {
            process.crashed().await;
            // As with kill -9: nothing is closed, flushed or said.
            std::process::abort();
        });
    }
    let _running = start(&db, &bus).await;
    loop {
        send(&db).await;
    }
}

fn spawn_child(folder: &Path, point: Option<String>) -> KillOnDrop {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "crash::child", "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(point) = point {
        command.env(POINT, point);
    }
    KillOnDrop(command.spawn().unwrap())
}

struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // It may have died before.
        drop(self.0.kill());
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (db, _) = open(folder.path()).await;
    let mut sent = 0;
    for round in 0..ROUNDS {
        let child = spawn_child(folder.path(), None);
        let before = sent;
        eventually("the child sends", async || {
            sent = numbers(&db, "select n from sent").await.len();
            sent >= before + 20
        })
        .await;
        // Another moment each round.
        tokio::time::sleep(Duration::from_millis(round * 7)).await;
        drop(child);
    }
    all_is_well_after(folder.path()).await;
}

/// The service dies at each point of its talk with the engine: that of the relay, which publishes,
/// and those of the consumers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_at_each_point() {
    const TIMES: [u32; 3] = [1, 2, 5];
    const AT_ONCE: usize = 5;
    let cases = LocalSet::new();
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    for (number, point) in Point::ALL.into_iter().enumerate() {
        for nth in TIMES {
            let permits = permits.clone();
            cases.spawn_local(async move {
                let _permit = permits.acquire().await.unwrap();
                let folder = tempfile::tempdir().unwrap();
                drop(open(folder.path()).await);
                let mut child = spawn_child(folder.path(), Some(format!("{number}:{nth}")));
                eventually(&format!("the child dies at {point:?} {nth}"), async || {
                    child.0.try_wait().unwrap().is_some()
                })
                .await;
                let died = child.0.wait().unwrap();
                assert_eq!(died.signal(), Some(ABORTED), "{point:?} {nth}: {died}");
                all_is_well_after(folder.path()).await;
            });
        }
    }
    cases.await;
}

/// Starts the service anew, and holds what is there in the end against what was sent.
async fn all_is_well_after(folder: &Path) {
    let (db, bus) = open(folder).await;
    let running = start(&db, &bus).await;
    let sent = numbers(&db, "select n from sent order by n").await;
    eventually("everything has arrived", async || {
        numbers(&db, "select n from second").await.len() >= sent.len()
    })
    .await;
    eventually("everything is settled", async || {
        bus.subscriptions().await.unwrap().iter().all(|s| s.pending == 0)
    })
    .await;
    for running in running {
        running.stop().await;
    }
    assert_eq!(numbers(&db, "select n from first order by n").await, sent);
    assert_eq!(numbers(&db, "select n from second order by n").await, sent);
    // Without a transaction of the delivery: at least once, and each with its row.
    assert_eq!(numbers(&db, "select distinct n from noted order by n").await, sent);
    let rows = "select count(*) as n from ticketkit_inbox where subscription = 'noted'";
    assert_eq!(numbers(&db, rows).await, [sent.len() as i64]);
    for key in 0..3 {
        let seen: Vec<i64> = numbers(&db, "select n from first order by rowid")
            .await
            .into_iter()
            .filter(|n| n % 3 == key)
            .collect();
        assert!(seen.is_sorted(), "key {key}: {seen:?}");
    }
    assert_eq!(bus.subscriptions().await.unwrap().iter().map(|s| s.parked).sum::<u64>(), 0);
}
