//! A business transaction with an event in the outbox, beside the same without.
//!
//! No relay runs: that works beside the service, on what has been committed.

use std::time::Instant;

use ticketkit_bench::Figure;
use ticketkit_events::{Publisher, sql::Database};
use tokio::task::JoinSet;

use super::{
    OnPostgres, TABLES, TASKS, execute,
    order::{CLEAR, place},
};
use crate::{
    Made, Result,
    figures::{compare, rate},
};

const BLOCKS: usize = 7;
const COUNT: u64 = 4_000;

pub(crate) async fn outbox() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let database = Database::open_file(folder.path().join("bench.db")).await?;
    database.migrate(TABLES).await?;
    measure("outbox-sqlite", &database, CLEAR[0]).await?;
    database.close().await;
    let postgres = OnPostgres::open().await?;
    measure("outbox-postgres", &postgres.database, CLEAR[1]).await?;
    postgres.remove().await
}

async fn measure(name: &str, database: &Database, clear: &'static str) -> Result<()> {
    let publisher = Publisher::new("bench");
    let before = async || execute(database, clear).await;
    let ours = async || transactions(database, Some(&publisher)).await;
    let reference = async || transactions(database, None).await;
    let (ours, reference) = compare(BLOCKS, before, ours, reference).await?;
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
                place(&database, publisher.as_ref(), &event).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(rate(COUNT, begun))
}
