//! How relays of other processes hear of commits on PostgreSQL.

use std::{pin::pin, time::Duration};

use futures_util::{FutureExt, future::join_all};
use sqlx::{Row, postgres::PgListener};
use ticketkit_events::{
    Bus, Publisher,
    sql::{Database, Relay, Tx},
};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use crate::{place::Place, support::order};

/// A NOTIFY in a transaction would be heard at its commit.
const HEARD: Duration = Duration::from_millis(300);
const DEADLINE: Duration = Duration::from_secs(20);
const COMMITS: usize = 100;

async fn commit(mut tx: Tx, n: usize) {
    let event = order(&n.to_string(), n as i64);
    Publisher::new("orders").publish(&mut tx, &event).await.unwrap();
    tx.commit().await.unwrap();
}

/// Enters a relay of another process, which never gives up.
async fn another_relay(db: &Database) {
    let mut tx = db.begin().await.unwrap();
    let enter = "insert into ticketkit_relays (id, expires_at) values ('another', 1)";
    sqlx::query(enter).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run cargo xtask test"]
async fn nobody_is_notified_until_another_process_has_a_relay() {
    let place = Place::postgres();
    let url = place.url("service");
    let db = Database::open(&url).await.unwrap();
    let mut listener = PgListener::connect(&url).await.unwrap();
    listener.listen("ticketkit_outbox").await.unwrap();
    // The own one needs none.
    let (bus, (stop, stopped)) = (Bus::memory(), oneshot::channel::<()>());
    let relay = Relay::new(&db, &bus);
    let relay = tokio::spawn(relay.run(async { drop(stopped.await) }));
    for n in 0..3 {
        commit(db.begin().await.unwrap(), n).await;
        let heard = timeout(HEARD, listener.recv()).await;
        assert!(heard.is_err(), "{n}: {heard:?}");
    }
    stop.send(()).unwrap();
    relay.await.unwrap();
    another_relay(&db).await;
    // So long it may be believed that there is none.
    sleep(HEARD).await;
    commit(db.begin().await.unwrap(), 3).await;
    timeout(DEADLINE, listener.recv()).await.expect("the other is told").unwrap();
}

/// There is one connection, and those who wait for it get it in their turn: while transactions
/// follow each other, nobody can send what would be a statement of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: run cargo xtask test"]
async fn many_commits_share_a_notify_that_is_in_none_of_them() {
    let place = Place::postgres();
    let url = place.url("service");
    let db = Database::open(&format!("{url}&connections=1")).await.unwrap();
    let mut listener = PgListener::connect(&url).await.unwrap();
    listener.listen("ticketkit_outbox").await.unwrap();
    another_relay(&db).await;

    let first = db.begin().await.unwrap();
    let mut waiting: Vec<_> = (1..COMMITS).map(|_| Box::pin(db.begin())).collect();
    for begin in &mut waiting {
        assert!(begin.now_or_never().is_none(), "the connection is taken");
    }
    let mut last = pin!(db.begin());
    assert!(last.as_mut().now_or_never().is_none(), "the connection is taken");
    commit(first, 0).await;
    let commits = waiting.into_iter().enumerate();
    join_all(commits.map(async |(n, begin)| commit(begin.await.unwrap(), n + 1).await)).await;
    let last = last.await.unwrap();

    let count = sqlx::query("select count(*) as n from ticketkit_outbox").fetch_one(db.reader());
    assert_eq!(count.await.unwrap().get::<i64, _>("n"), COMMITS as i64, "all are committed");
    let heard = timeout(HEARD, listener.recv()).await;
    assert!(heard.is_err(), "a transaction of events has notified: {heard:?}");
    last.rollback().await.unwrap();
    timeout(DEADLINE, listener.recv()).await.expect("it comes by itself").unwrap();
    let mut count = 1;
    while let Ok(heard) = timeout(HEARD, listener.recv()).await {
        heard.unwrap();
        count += 1;
    }
    // One for those before it, and one for those that were committed while it waited.
    assert!(count <= 2, "{COMMITS} commits gave {count} NOTIFYs");
}
