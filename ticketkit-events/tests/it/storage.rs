//! The database of a service.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::Row;
use ticketkit_events::sql::{Database, Migration};

const MIGRATIONS: &[Migration] = &[Migration::new(
    1,
    "counter",
    "create table counter (n bigint not null); insert into counter values (0)",
)];

async fn open(folder: &tempfile::TempDir) -> Database {
    let db = Database::open_file(folder.path().join("a b%20c#d.db")).await.unwrap();
    db.migrate(MIGRATIONS).await.unwrap();
    db
}

async fn count(db: &Database) -> i64 {
    sqlx::query("select n from counter").fetch_one(db.reader()).await.unwrap().get("n")
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_read_first_do_not_lose_updates() {
    let folder = tempfile::tempdir().unwrap();
    let db = Arc::new(open(&folder).await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let db = db.clone();
        tasks.spawn(async move {
            let mut tx = db.begin().await.unwrap();
            let n: i64 =
                sqlx::query("select n from counter").fetch_one(tx.conn()).await.unwrap().get("n");
            tokio::task::yield_now().await;
            sqlx::query("update counter set n = $1").bind(n + 1).execute(tx.conn()).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
    tasks.join_all().await;
    assert_eq!(count(&db).await, 40);
}

#[tokio::test]
async fn what_is_committed_is_there_after_opening_again_beside_a_process_that_never_closed() {
    let folder = tempfile::tempdir().unwrap();
    let left_open = open(&folder).await;
    let mut tx = left_open.begin().await.unwrap();
    sqlx::query("update counter set n = 7").execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&open(&folder).await).await, 7);
}

#[tokio::test]
async fn the_reader_refuses_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let refused = sqlx::query("update counter set n = 1").execute(db.reader()).await;
    assert!(refused.unwrap_err().to_string().contains("readonly"));
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_dropped_transaction_frees_the_writer_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let start = Instant::now();
    for _ in 0..20 {
        let mut tx = db.begin().await.unwrap();
        sqlx::query("update counter set n = 1").execute(tx.conn()).await.unwrap();
        drop(tx);
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn commits_are_synced() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    let mut tx = db.begin().await.unwrap();
    let mut pragma = async |name: &'static str| -> String {
        let row = sqlx::query(name).fetch_one(tx.conn()).await.unwrap();
        row.try_get::<String, _>(0).unwrap_or_else(|_| row.get::<i64, _>(0).to_string())
    };
    assert_eq!(pragma("pragma journal_mode").await, "wal");
    assert_eq!(pragma("pragma synchronous").await, "2", "full");
    assert_eq!(pragma("pragma foreign_keys").await, "1");
}

#[tokio::test]
async fn a_migration_that_was_changed_is_refused() {
    const CHANGED: &[Migration] = &[Migration::new(1, "counter", "create table counter (n text)")];
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder).await;
    assert!(db.migrate(CHANGED).await.is_err());
    db.migrate(MIGRATIONS).await.unwrap();
}
