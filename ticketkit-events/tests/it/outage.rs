//! Disks that are full, rows that a database refuses, files that are no database.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::Row;
use ticketkit_events::{
    Bus, Publisher, RetryPolicy, Subscription,
    sql::{Database, Relay, Tx},
};

use crate::{
    service::Service,
    support::{OrderCreated, Running, eventually, order},
};

/// Lets the file of a database grow no more, as if the disk were full. The limit is the
/// connection's, and there is one that writes.
const FULL: &str = "pragma max_page_count = 1";
const ROOM: &str = "pragma max_page_count = 1000000";

/// Writes more than fits into the pages that are there.
async fn write_much(tx: &mut Tx, n: i64) -> Result<(), sqlx::Error> {
    sqlx::query("insert into bulk (n, filling) values ($1, $2)")
        .bind(n)
        .bind("x".repeat(100_000))
        .execute(tx.conn())
        .await
        .map(drop)
}

async fn service() -> Service {
    let service = Service::new().await;
    execute(&service.db, "create table bulk (n bigint not null, filling text not null)").await;
    service
}

async fn written(db: &Database) -> i64 {
    let row = sqlx::query("select count(*) as n from bulk").fetch_one(db.reader()).await;
    row.unwrap().get("n")
}

/// SQLite ends a transaction by itself when the disk is full.
#[tokio::test]
async fn a_full_disk_does_not_break_the_writer_for_good() {
    let service = service().await;
    for end in 0..3 {
        execute(&service.db, FULL).await;
        let mut tx = service.db.begin().await.unwrap();
        assert!(write_much(&mut tx, 1).await.is_err(), "the disk is full");
        match end {
            0 => drop(tx),
            1 => drop(tx.rollback().await),
            _ => assert!(tx.commit().await.is_err(), "nothing was written"),
        }
    }
    execute(&service.db, ROOM).await;
    let mut tx = service.db.begin().await.unwrap();
    write_much(&mut tx, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(written(&service.db).await, 1);
}

#[tokio::test]
async fn a_disk_that_is_full_for_long_parks_nothing() {
    let service = service().await;
    let (tries, full) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(true)));
    let (count, is_full) = (tries.clone(), full.clone());
    let subscription = Subscription::new("full")
        .database(&service.db)
        .retry(RetryPolicy::exponential(2, Duration::from_millis(1), Duration::from_millis(1)))
        .ordered()
        .handle(async move |event: OrderCreated, mut tx: Tx| {
            count.fetch_add(1, Ordering::SeqCst);
            let limit = if is_full.load(Ordering::SeqCst) { FULL } else { ROOM };
            sqlx::raw_sql(limit).execute(tx.conn()).await?;
            write_much(&mut tx, event.n).await?;
            Ok(())
        });
    let running = Running::subscription(&service.bus, subscription).await;
    Publisher::new("test").publish(&service.bus, &order("a", 1)).await.unwrap();
    eventually("it was tried more often than failures are allowed", async || {
        tries.load(Ordering::SeqCst) > 3
    })
    .await;
    let stats = service.bus.subscriptions().await.unwrap();
    assert_eq!((stats[0].pending, stats[0].parked), (1, 0));
    full.store(false, Ordering::SeqCst);
    eventually("it is handled", async || {
        service.bus.subscriptions().await.unwrap()[0].pending == 0
    })
    .await;
    running.stop().await;
    assert_eq!(written(&service.db).await, 1);
}

async fn sql_bus(service: &Service) -> (Bus, Database) {
    let url = service.place.url("events");
    (Bus::open(&url).await.unwrap(), Database::open(&url).await.unwrap())
}

pub(crate) async fn execute(db: &Database, sql: &'static str) {
    let mut tx = db.begin().await.unwrap();
    sqlx::raw_sql(sql).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
}

const REFUSE: &str = "create trigger refuse before insert on ticketkit_events
     when new.event_key = 'bad'
     begin select raise(abort, 'refused'); end";

#[tokio::test]
async fn an_event_that_the_engine_cannot_write_holds_up_its_key_alone() {
    let service = Service::new().await;
    let (bus, engine) = sql_bus(&service).await;
    execute(&engine, REFUSE).await;
    // More than a batch of the bad key comes first.
    let publisher = Publisher::new("orders");
    let mut tx = service.db.begin().await.unwrap();
    for n in 0..300 {
        publisher.publish(&mut tx, &order("bad", n)).await.unwrap();
    }
    for n in 0..3 {
        publisher.publish(&mut tx, &order("good", n)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let relay = Relay::new(&service.db, &bus);
    let running = Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await);
    let keys = async |key: &'static str| -> i64 {
        sqlx::query("select count(*) as n from ticketkit_events where event_key = $1")
            .bind(key)
            .fetch_one(engine.reader())
            .await
            .unwrap()
            .get("n")
    };
    eventually("the good key is through", async || keys("good").await == 3).await;
    assert_eq!(keys("bad").await, 0);
    execute(&engine, "drop trigger refuse").await;
    eventually("the bad key is through", async || keys("bad").await == 300).await;
    running.stop().await;
    let rows =
        sqlx::query("select data from ticketkit_events where event_key = 'bad' order by seq")
            .fetch_all(engine.reader())
            .await
            .unwrap();
    let inserted: Vec<String> = rows.iter().map(|row| row.get("data")).collect();
    let expected: Vec<String> = (0..300).map(|n| format!("{{\"id\":\"bad\",\"n\":{n}}}")).collect();
    assert_eq!(inserted, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_make_the_same_file_at_once_all_start() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let mut starts = tokio::task::JoinSet::new();
        for n in 0..8 {
            let path = folder.path().join("events.db");
            starts.spawn(async move {
                let url = format!("sqlite://{}", path.display());
                if n % 2 == 0 {
                    Bus::open(&url).await.map(drop).map_err(|error| format!("{error:?}"))
                } else {
                    Database::open(&url).await.map(drop).map_err(|error| format!("{error:?}"))
                }
            });
        }
        for started in starts.join_all().await {
            started.unwrap();
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_at_once_and_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    std::fs::write(&path, "these are not the tables of a database, ".repeat(200)).unwrap();
    let start = Instant::now();
    let error = Database::open_file(&path).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(error.to_string().contains("orders.db"), "{error}");
    assert!(source.contains("not a database"), "{source}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_transaction_whose_beginning_is_given_up_leaves_the_writer_free() {
    let service = Service::new().await;
    for polls in 0..40 {
        let mut begin = Box::pin(service.db.begin());
        for _ in 0..polls {
            if futures_poll(&mut begin).await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(begin);
        let tx = tokio::time::timeout(Duration::from_secs(5), service.db.begin()).await;
        tx.expect("the writer is free").unwrap().commit().await.unwrap();
    }
}

/// Polls once; returns whether it is ready.
async fn futures_poll<T>(future: &mut std::pin::Pin<Box<impl Future<Output = T>>>) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}
