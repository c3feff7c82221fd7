//! A handler with a transaction and the inbox on PostgreSQL, beside a bare loop that executes the
//! same statements by sqlx's own driver, as many at the same time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use sqlx::{Connection as _, PgConnection};
use ticketkit_bench::Figure;
use ticketkit_events::{
    Bus, Causation, Envelope, Subscription, Timestamp,
    sql::{Database, Tx},
};
use tokio::{sync::Notify, task::JoinSet};
use uuid::Uuid;

use super::{OnPostgres, TASKS, execute};
use crate::{
    Made, Result,
    figures::{compare, rate},
};

const BLOCKS: usize = 7;
const COUNT: u64 = 4_000;
/// What the handler does, and the bare loop too.
const WORK: &str = "insert into handled (id, n, who) values ($1, $2, $3)";

pub(crate) async fn inbox() -> Result<()> {
    let postgres = OnPostgres::open().await?;
    let before = async || execute(&postgres.database, "truncate ticketkit_inbox, handled").await;
    let ours = async || handle(&postgres.database).await;
    let reference = async || bare(&postgres.url).await;
    let (ours, reference) = compare(BLOCKS, before, ours, reference).await?;
    println!("{}", Figure::at_least("inbox", ours, reference, 0.8, "events/s"));
    postgres.remove().await
}

/// Handles events out of the memory of this process, with default settings: what is measured is the
/// inbox.
async fn handle(database: &Database) -> Result<f64> {
    let bus = Bus::memory();
    let handled = Arc::new((AtomicU64::new(0), Notify::new()));
    let done = handled.clone();
    let runner = Subscription::new("bench")
        .database(database)
        .handle(async move |event: Made, mut tx: Tx| {
            sqlx::query(WORK)
                .bind(Uuid::now_v7().to_string())
                .bind(event.key.cast_signed())
                .bind("somebody@example.com")
                .execute(tx.conn())
                .await?;
            if done.0.fetch_add(1, Ordering::Relaxed) + 1 == COUNT {
                done.1.notify_one();
            }
            Ok(())
        })
        .bind(&bus)
        .await?;
    let events: Vec<Envelope> = (0..COUNT)
        .map(|n| {
            let event = Made::new(n % TASKS, n);
            Envelope::new("bench", &event, Timestamp::now(), Causation::default())
        })
        .collect::<std::result::Result<_, _>>()?;
    bus.publish_envelopes(&events).await.into_iter().collect::<std::result::Result<(), _>>()?;
    let begun = Instant::now();
    tokio::spawn(runner.run(async move { handled.1.notified().await })).await??;
    Ok(rate(COUNT, begun))
}

async fn bare(url: &str) -> Result<f64> {
    let mut connections = Vec::new();
    for _ in 0..TASKS {
        let mut connection = PgConnection::connect(url).await?;
        // Each statement is known to the server, as it is to those of a pool.
        one(&mut connection, 0).await?;
        connections.push(connection);
    }
    let begun = Instant::now();
    let mut tasks: JoinSet<sqlx::Result<()>> = JoinSet::new();
    for (task, mut connection) in (0..TASKS).zip(connections) {
        tasks.spawn(async move {
            for _ in 0..COUNT / TASKS {
                one(&mut connection, task).await?;
            }
            Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(rate(COUNT, begun))
}

async fn one(connection: &mut PgConnection, task: u64) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    sqlx::query(
        "insert into ticketkit_inbox (subscription, event_id, handled_at)
         values ($1, $2, $3)
         on conflict (subscription, event_id) do nothing",
    )
    .bind("bench")
    .bind(Uuid::now_v7().to_string())
    .bind(Timestamp::now().as_millis())
    .execute(&mut *transaction)
    .await?;
    sqlx::query(WORK)
        .bind(Uuid::now_v7().to_string())
        .bind(task.cast_signed())
        .bind("somebody@example.com")
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}
