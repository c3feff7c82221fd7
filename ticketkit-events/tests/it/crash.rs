//! A process that is killed at any moment: nothing is lost, nothing done twice.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::Row;
use ticketkit_events::{
    Bus, Publisher, Subscription,
    sql::{Database, Migration, Relay, Tx},
};

use crate::support::{OrderCreated, Running, TicketReserved, eventually, order};

const FOLDER: &str = "TICKETKIT_EVENTS_CRASH_FOLDER";
const ROUNDS: u64 = 6;
const MIGRATIONS: &[Migration] = &[Migration::new(
    1,
    "sent, first, second",
    "create table sent (n bigint not null);
     create table first (n bigint not null);
     create table second (n bigint not null)",
)];

/// A service that sends to itself, in two steps; each step leaves a row.
async fn start(folder: &Path) -> (Database, Bus, Vec<Running>) {
    let db = Database::open_file(folder.join("service.db")).await.unwrap();
    db.migrate(MIGRATIONS).await.unwrap();
    let bus = Bus::open(&format!("sqlite://{}", folder.join("events.db").display())).await.unwrap();
    let publisher = Publisher::new("crash");
    let first = Subscription::new("first").database(&db).ordered().handle(
        async move |event: OrderCreated, mut tx: Tx| {
            sqlx::query("insert into first (n) values ($1)")
                .bind(event.n)
                .execute(tx.conn())
                .await?;
            publisher.publish(&mut tx, &TicketReserved { id: event.n.to_string() }).await?;
            Ok(())
        },
    );
    let second = Subscription::new("second").database(&db).handle(
        async move |event: TicketReserved, mut tx: Tx| {
            sqlx::query("insert into second (n) values ($1)")
                .bind(event.id.parse::<i64>()?)
                .execute(tx.conn())
                .await?;
            Ok(())
        },
    );
    let mut running =
        vec![Running::subscription(&bus, first).await, Running::subscription(&bus, second).await];
    let relay = Relay::new(&db, &bus);
    running.push(Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await));
    (db, bus, running)
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

/// What the parent starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of kill_at_any_moment, which runs it"]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (db, _bus, _running) = start(Path::new(&folder)).await;
    loop {
        send(&db).await;
    }
}

struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open_file(folder.path().join("service.db")).await.unwrap();
    db.migrate(MIGRATIONS).await.unwrap();
    let mut sent = 0;
    for round in 0..ROUNDS {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--ignored"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let child = KillOnDrop(child);
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
    let (db, bus, running) = start(folder.path()).await;
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
