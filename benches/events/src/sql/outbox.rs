//! A business transaction with an event in the outbox, beside the same without: by this crate, which
//! has the bound; and by sqlx alone, with pools of the same sizes, which ask each connection that comes
//! back whether it still works. What an event costs sqlx alone, as a row that is written by hand, tells
//! how much of it is the statement itself.
//!
//! No relay runs: that works beside the service, on what has been committed.

use std::{path::Path, time::Instant};

use sqlx::{
    PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use ticketkit_bench::Figure;
use ticketkit_events::{Publisher, sql::Database};
use tokio::task::JoinSet;

use super::{
    OnPostgres, TABLES, TASKS, execute,
    order::{CLEAR, place, place_on_postgres, place_on_sqlite},
};
use crate::{
    Made, Result,
    figures::{compare, rate},
};

const BLOCKS: usize = 7;
const COUNT: u64 = 4_000;
/// As many connections as the crate has by default; on SQLite one writes.
const WRITERS: u32 = 8;
const READERS: u32 = 4;

/// Who places the orders.
#[derive(Clone)]
enum Side {
    Ours { database: Database, publisher: Option<Publisher> },
    Sqlite { reader: SqlitePool, writer: SqlitePool, publishes: bool },
    Postgres { reader: PgPool, writer: PgPool, publishes: bool },
}

pub(crate) async fn outbox() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bench.db");
    let database = Database::open_file(&file).await?;
    database.migrate(TABLES).await?;
    let raw = Side::sqlite(&file).await?;
    measure("outbox-sqlite", &database, CLEAR[0], &raw).await?;
    raw.close().await;
    database.close().await;

    let postgres = OnPostgres::open().await?;
    let raw = Side::postgres(&postgres.url).await?;
    measure("outbox-postgres", &postgres.database, CLEAR[1], &raw).await?;
    raw.close().await;
    postgres.remove().await
}

async fn measure(name: &str, database: &Database, clear: &'static str, raw: &Side) -> Result<()> {
    let without = Side::Ours { database: database.clone(), publisher: None };
    let publishes = without.publishing();
    let before = async || execute(database, clear).await;
    let ours = async || transactions(&publishes).await;
    let reference = async || transactions(&without).await;
    let (with, reference) = compare(BLOCKS, before, ours, reference).await?;
    println!("{}", Figure::at_least(name, with, reference, 0.85, "transactions/s"));
    let reference = async || transactions(raw).await;
    let (with, reference) = compare(BLOCKS, before, ours, reference).await?;
    println!("{}", Figure::new(format!("{name}-vs-sqlx"), with, reference, "transactions/s"));
    let by_hand = raw.publishing();
    let by_hand = async || transactions(&by_hand).await;
    let reference = async || transactions(raw).await;
    let (with, reference) = compare(BLOCKS, before, by_hand, reference).await?;
    println!("{}", Figure::new(format!("{name}-by-hand"), with, reference, "transactions/s"));
    Ok(())
}

async fn transactions(side: &Side) -> Result<f64> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let side = side.clone();
        tasks.spawn(async move {
            let event = Made::new(task, 0);
            for _ in 0..COUNT / TASKS {
                side.place(&event).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(rate(COUNT, begun))
}

impl Side {
    async fn sqlite(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "8000");
        let pool = |size| SqlitePoolOptions::new().max_connections(size).test_before_acquire(false);
        let reader = pool(READERS).connect_with(options.clone()).await?;
        let writer = pool(1).connect_with(options).await?;
        Ok(Self::Sqlite { reader, writer, publishes: false })
    }

    async fn postgres(url: &str) -> Result<Self> {
        // As the crate does: a ping each time costs a round trip.
        let pool = |size| PgPoolOptions::new().max_connections(size).test_before_acquire(false);
        let reader = pool(READERS).connect(url).await?;
        let writer = pool(WRITERS).connect(url).await?;
        Ok(Self::Postgres { reader, writer, publishes: false })
    }

    /// The same with an event.
    fn publishing(&self) -> Self {
        let mut side = self.clone();
        match &mut side {
            Self::Ours { publisher, .. } => *publisher = Some(Publisher::new("bench")),
            Self::Sqlite { publishes, .. } | Self::Postgres { publishes, .. } => *publishes = true,
        }
        side
    }

    async fn place(&self, event: &Made) -> Result<()> {
        match self {
            Self::Ours { database, publisher } => place(database, publisher.as_ref(), event).await,
            Self::Sqlite { reader, writer, publishes } => {
                place_on_sqlite(reader, writer, *publishes, event).await
            }
            Self::Postgres { reader, writer, publishes } => {
                place_on_postgres(reader, writer, *publishes, event).await
            }
        }
    }

    async fn close(self) {
        match self {
            Self::Ours { database, .. } => database.close().await,
            Self::Sqlite { reader, writer, .. } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres { reader, writer, .. } => {
                reader.close().await;
                writer.close().await;
            }
        }
    }
}
