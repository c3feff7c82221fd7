//! A business transaction with an event in the outbox, beside the same without.
//!
//! It reads a row, changes it and adds another. No relay runs: that works beside the service, on
//! what has been committed.

use std::time::Instant;

use ticketkit_bench::Figure;
use ticketkit_events::{Publisher, sql::Database};
use tokio::task::JoinSet;

use super::{OnPostgres, TABLES, TASKS, execute};
use crate::{
    Made, Result,
    figures::{compare, rate},
};

const PAIRS: usize = 11;
const COUNT: u64 = 4_000;

pub(crate) async fn outbox() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let database = Database::open_file(folder.path().join("bench.db")).await?;
    database.migrate(TABLES).await?;
    measure("outbox-sqlite", &database, "delete from ticketkit_outbox; delete from orders").await?;
    database.close().await;
    let postgres = OnPostgres::open().await?;
    let clear = "truncate ticketkit_outbox, orders";
    measure("outbox-postgres", &postgres.database, clear).await?;
    postgres.remove().await
}

async fn measure(name: &str, database: &Database, clear: &'static str) -> Result<()> {
    let publisher = Publisher::new("bench");
    let before = async || execute(database, clear).await;
    let ours = async || transactions(database, Some(&publisher)).await;
    let reference = async || transactions(database, None).await;
    let (ours, reference) = compare(PAIRS, before, ours, reference).await?;
    println!("{}", Figure::at_least(name, ours, reference, 0.85, "transactions/s"));
    Ok(())
}

async fn transactions(database: &Database, publisher: Option<&Publisher>) -> Result<f64> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (database, publisher) = (database.clone(), publisher.cloned());
        tasks.spawn(async move {
            let event = Made::new(task, 0);
            for _ in 0..COUNT / TASKS {
                order(&database, publisher.as_ref(), &event).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(rate(COUNT, begun))
}

async fn order(database: &Database, publisher: Option<&Publisher>, event: &Made) -> Result<()> {
    let id = event.key.cast_signed();
    let mut tx = database.begin().await?;
    sqlx::query("select available from stock where id = $1").bind(id).fetch_one(tx.conn()).await?;
    sqlx::query("update stock set available = available - 1 where id = $1")
        .bind(id)
        .execute(tx.conn())
        .await?;
    sqlx::query("insert into orders (id, stock_id, buyer) values ($1, $2, $3)")
        .bind(uuid::Uuid::now_v7().to_string())
        .bind(id)
        .bind("somebody@example.com")
        .execute(tx.conn())
        .await?;
    if let Some(publisher) = publisher {
        publisher.publish(&mut tx, event).await?;
    }
    tx.commit().await?;
    Ok(())
}
