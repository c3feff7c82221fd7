//! Several relays of one outbox.

#[cfg(feature = "postgres")]
use std::time::{Duration, Instant};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::mpsc,
};

use sqlx::Row;
use ticketkit_events::{
    Bus, Publisher,
    sql::{Database, Relay},
};

use crate::{
    place::{Place, on_each_database},
    support::{Running, eventually, order},
    tape::{Fate, Tape},
};

on_each_database! {
    four_relays_keep_the_order_of_each_key_under_errors_and_reconnects,
    relays_come_and_go_and_share_fairly_without_a_duplicate,
    what_a_killed_relay_held_is_taken_over,
    a_paused_relay_settles_nothing_that_another_has_taken,
    a_failing_key_stops_alone_in_its_partition,
    a_failing_key_holds_up_no_other_of_the_partitions_that_are_moved_with_it,
    rows_of_an_older_version_get_a_partition_and_keep_their_order,
}

/// A process of a service: with connections of its own to the shared database.
async fn open(place: &Place) -> Database {
    Database::open(&place.url("service")).await.unwrap()
}

fn start(db: &Database, engine: &Tape) -> Running {
    let relay = Relay::new(db, &Bus::new(engine.clone()));
    Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await)
}

async fn commit(db: &Database, events: &[(&str, i64)]) {
    let mut tx = db.begin().await.unwrap();
    for (key, n) in events {
        Publisher::new("orders").publish(&mut tx, &order(key, *n)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn pending(db: &Database) -> u64 {
    db.outbox_stats().await.unwrap().pending
}

/// Returns how many partitions each relay holds, fewest first.
async fn shares(db: &Database) -> Vec<i64> {
    let rows = sqlx::query(
        "select count(*) as n from ticketkit_relay_partitions
         where relay is not null group by relay order by n",
    )
    .fetch_all(db.reader())
    .await
    .unwrap();
    rows.iter().map(|row| row.get("n")).collect()
}

async fn shares_are(db: &Database, expected: &[i64]) {
    let mut last = Vec::new();
    eventually(&format!("the shares are {expected:?}"), async || {
        last = shares(db).await;
        last == expected
    })
    .await;
}

async fn execute(db: &Database, sql: &'static str) {
    let mut tx = db.begin().await.unwrap();
    sqlx::raw_sql(sql).execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Commits events of 40 keys, as several processes do.
async fn write(dbs: &[Database], from: i64, to: i64) {
    for n in from..to {
        for key in 0..40 {
            // Those of a key come from one process, so that their order is defined.
            let db = &dbs[key % dbs.len()];
            if key < dbs.len() {
                let keys: Vec<String> =
                    (key..40).step_by(dbs.len()).map(|key| format!("order-{key}")).collect();
                let events: Vec<(&str, i64)> = keys.iter().map(|key| (key.as_str(), n)).collect();
                commit(db, &events).await;
            }
        }
    }
}

/// Returns the numbers of each key in the order in which the engine saw them first.
fn firsts(engine: &Tape) -> BTreeMap<String, Vec<i64>> {
    let mut seen = HashSet::new();
    let mut firsts: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (key, n) in engine.taken() {
        if seen.insert((key.clone(), n)) {
            firsts.entry(key).or_default().push(n);
        }
    }
    firsts
}

fn assert_in_order(engine: &Tape, keys: usize, each: i64) {
    let firsts = firsts(engine);
    assert_eq!(firsts.len(), keys);
    for (key, numbers) in firsts {
        assert_eq!(numbers, (0..each).collect::<Vec<_>>(), "{key}");
    }
}

async fn four_relays_keep_the_order_of_each_key_under_errors_and_reconnects(place: Place) {
    let engine = Tape::new();
    let (mut dbs, mut relays) = (Vec::new(), Vec::new());
    for seed in 1..=4_u64 {
        let (db, way) = (open(&place).await, engine.beside());
        // One in eight is refused, one in sixteen is taken and the connection lost before it is said.
        let mut dice = seed;
        way.decide(move |_| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            match dice >> 60 {
                0 | 1 => Fate::Refused,
                2 => Fate::Doubtful,
                _ => Fate::Taken,
            }
        });
        relays.push(start(&db, &way));
        dbs.push(db);
    }
    write(&dbs, 0, 6).await;
    // One dies, and another comes.
    relays.remove(0).kill().await;
    relays.push(start(&dbs[0], &engine.beside()));
    write(&dbs, 6, 12).await;
    eventually("the outbox is empty", async || pending(&dbs[0]).await == 0).await;
    for relay in relays {
        relay.stop().await;
    }
    assert_in_order(&engine, 40, 12);
}

async fn relays_come_and_go_and_share_fairly_without_a_duplicate(place: Place) {
    let engine = Tape::new();
    let dbs = [open(&place).await, open(&place).await, open(&place).await];
    let first = start(&dbs[0], &engine);
    shares_are(&dbs[0], &[16]).await;
    write(&dbs, 0, 5).await;
    let second = start(&dbs[1], &engine);
    write(&dbs, 5, 10).await;
    shares_are(&dbs[0], &[8, 8]).await;
    let third = start(&dbs[2], &engine);
    write(&dbs, 10, 15).await;
    shares_are(&dbs[0], &[5, 5, 6]).await;
    first.stop().await;
    write(&dbs, 15, 20).await;
    shares_are(&dbs[0], &[8, 8]).await;
    second.stop().await;
    write(&dbs, 20, 25).await;
    shares_are(&dbs[0], &[16]).await;
    eventually("the outbox is empty", async || pending(&dbs[0]).await == 0).await;
    third.stop().await;
    assert_eq!(shares(&dbs[0]).await, [0; 0], "who stops gives up all at once");
    assert_in_order(&engine, 40, 25);
    assert_eq!(engine.count(), 40 * 25, "there are duplicates");
}

async fn what_a_killed_relay_held_is_taken_over(place: Place) {
    let engine = Tape::new();
    let dbs = [open(&place).await, open(&place).await];
    let killed = start(&dbs[0], &engine);
    shares_are(&dbs[0], &[16]).await;
    let next = start(&dbs[1], &engine);
    shares_are(&dbs[0], &[8, 8]).await;
    killed.kill().await;
    write(&dbs, 0, 3).await;
    shares_are(&dbs[1], &[16]).await;
    eventually("the outbox is empty", async || pending(&dbs[1]).await == 0).await;
    next.stop().await;
    assert_in_order(&engine, 40, 3);
}

/// A process that is stopped in the middle of publishing, as by a debugger or a move of its machine.
async fn a_paused_relay_settles_nothing_that_another_has_taken(place: Place) {
    let db = open(&place).await;
    let events: Vec<(&str, i64)> = (0..5).map(|n| ("a", n)).collect();
    commit(&db, &events).await;
    let engine = Tape::new();
    let (reached, wait_reached) = mpsc::channel();
    let (go_on, wait_go_on) = mpsc::channel::<()>();
    let paused = engine.beside();
    let mut stops = true;
    paused.decide(move |event| {
        // After the last of them, and with it the whole thread that the relay has.
        if stops && event.decode::<crate::support::OrderCreated>().unwrap().n == 4 {
            stops = false;
            reached.send(()).unwrap();
            wait_go_on.recv().unwrap();
        }
        Fate::Taken
    });
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let url = place.url("service");
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = Database::open(&url).await.unwrap();
            Relay::new(&db, &Bus::new(paused)).run(async { drop(stopped.await) }).await;
            db.close().await;
        });
    });
    tokio::task::spawn_blocking(move || wait_reached.recv().unwrap()).await.unwrap();
    // The next one takes the partitions when the leases are over, and can publish nothing yet.
    let refusing = engine.beside();
    refusing.decide(|_| Fate::Refused);
    let next = start(&db, &refusing);
    let failing = async || db.outbox_stats().await.unwrap().failing == 1;
    eventually("the next relay has the partition", failing).await;
    go_on.send(()).unwrap();
    stop.send(()).unwrap();
    tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
    assert_eq!(engine.of("a"), [0, 1, 2, 3, 4], "it had published all of them");
    assert_eq!(pending(&db).await, 5, "they are not its any more");
    refusing.decide(|_| Fate::Taken);
    eventually("the outbox is empty", async || pending(&db).await == 0).await;
    next.stop().await;
    assert_eq!(engine.of("a"), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
}

async fn a_failing_key_stops_alone_in_its_partition(place: Place) {
    let db = open(&place).await;
    let keys: Vec<String> = (0..200).map(|n| format!("key-{n}")).collect();
    // More than a batch of the bad key comes first.
    commit(&db, &(0..600).map(|n| ("bad", n)).collect::<Vec<_>>()).await;
    commit(&db, &keys.iter().map(|key| (key.as_str(), 0)).collect::<Vec<_>>()).await;
    let beside: BTreeSet<String> = sqlx::query(
        "select event_key from ticketkit_outbox where event_key <> 'bad' and partition =
             (select min(partition) from ticketkit_outbox where event_key = 'bad')",
    )
    .fetch_all(db.reader())
    .await
    .unwrap()
    .iter()
    .map(|row| row.get("event_key"))
    .collect();
    assert!(beside.len() > 2, "{beside:?}");
    let engine = Tape::new();
    engine.refuse_key(Some("bad"));
    let relay = start(&db, &engine);
    eventually("the others are through", async || engine.count() == keys.len()).await;
    // The key still fails, and nothing stands behind it.
    commit(&db, &beside.iter().map(|key| (key.as_str(), 1)).collect::<Vec<_>>()).await;
    let through = || beside.iter().all(|key| engine.of(key) == [0, 1]);
    eventually("those beside it are through again", async || through()).await;
    assert_eq!(engine.of("bad"), [0; 0]);
    engine.refuse_key(None);
    eventually("the outbox is empty", async || pending(&db).await == 0).await;
    relay.stop().await;
    assert_eq!(engine.of("bad"), (0..600).collect::<Vec<_>>());
}

/// With one worker, which moves several partitions at a time where the database allows that.
async fn a_failing_key_holds_up_no_other_of_the_partitions_that_are_moved_with_it(place: Place) {
    let db = open(&place).await;
    let engine = Tape::new();
    engine.refuse_key(Some("order-7"));
    let relay = Relay::new(&db, &Bus::new(engine.clone())).workers(1);
    let relay = Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await);
    // More than a batch, of all partitions.
    write(std::slice::from_ref(&db), 0, 30).await;
    eventually("the others are through", async || engine.count() == 39 * 30).await;
    eventually("what remains is the key", async || pending(&db).await == 30).await;
    assert_in_order(&engine, 39, 30);
    engine.refuse_key(None);
    eventually("the outbox is empty", async || pending(&db).await == 0).await;
    relay.stop().await;
    assert_in_order(&engine, 40, 30);
    assert_eq!(engine.count(), 40 * 30, "there are duplicates");
}

async fn rows_of_an_older_version_get_a_partition_and_keep_their_order(place: Place) {
    let db = open(&place).await;
    // More than are assigned at a time.
    for n in 0..30 {
        let keys: Vec<String> = (0..40).map(|key| format!("order-{key}")).collect();
        commit(&db, &keys.iter().map(|key| (key.as_str(), n)).collect::<Vec<_>>()).await;
    }
    // On SQLite partitions have numbers of their own, and rows without one those below.
    let forget = if place.is_postgres() {
        "update ticketkit_outbox set partition = null"
    } else {
        "update ticketkit_outbox set partition = null, seq = 16 * (seq & 0xffffff) + partition"
    };
    execute(&db, forget).await;
    write(std::slice::from_ref(&db), 30, 32).await;
    let engine = Tape::new();
    let relay = start(&db, &engine);
    eventually("the outbox is empty", async || pending(&db).await == 0).await;
    relay.stop().await;
    assert_in_order(&engine, 40, 32);
    assert_eq!(engine.count(), 40 * 32);
}

/// Polls would come at the earliest 100 ms after the event before was settled.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: run cargo xtask test"]
async fn a_commit_wakes_the_relay_of_another_process() {
    let place = Place::postgres();
    let (here, there) = (open(&place).await, open(&place).await);
    let engine = Tape::new();
    let relay = start(&there, &engine);
    shares_are(&here, &[16]).await;
    let mut sooner = 0;
    for n in 0..50 {
        let begun = Instant::now();
        commit(&here, &[("a", n)]).await;
        eventually("the event is there", async || engine.count() as i64 > n).await;
        sooner += u32::from(begun.elapsed() < Duration::from_millis(50));
    }
    relay.stop().await;
    assert!(sooner > 10, "only {sooner} of 50 came sooner than by a poll");
}

/// There the outbox has no index of its numbers alone, and none of when the next try is due.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: run cargo xtask test"]
async fn a_long_outbox_is_not_read_as_a_whole_on_postgres() {
    // What a connection did is counted when it has ended, at the latest.
    async fn reads(place: &Place) -> i64 {
        let select = "select coalesce(max(seq_scan), 0) as n from pg_stat_user_tables
                      where relname = 'ticketkit_outbox'";
        let db = open(place).await;
        let mut found = (-1, -2);
        eventually("the reads are counted", async || {
            let row = sqlx::query(select).fetch_one(db.reader()).await.unwrap();
            found = (row.get("n"), found.0);
            found.0 == found.1
        })
        .await;
        db.close().await;
        found.0
    }
    let place = Place::postgres();
    let db = open(&place).await;
    let keys: Vec<String> = (0..40).map(|key| format!("order-{key}")).collect();
    for from in (0..500).step_by(100) {
        let all = (from..from + 100).flat_map(|n| keys.iter().map(move |key| (key.as_str(), n)));
        commit(&db, &all.collect::<Vec<_>>()).await;
    }
    db.close().await;
    let before = reads(&place).await;
    let db = open(&place).await;
    let engine = Tape::new();
    engine.refuse_key(Some("order-7"));
    let relay = start(&db, &engine);
    eventually("the others are through", async || engine.count() == 39 * 500).await;
    engine.refuse_key(None);
    eventually("all are through", async || engine.count() == 40 * 500).await;
    relay.stop().await;
    db.close().await;
    let reads = reads(&place).await - before;
    // More than forty batches were deleted.
    assert!(reads < 20, "{reads} times");
}
