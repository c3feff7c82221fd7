//! The inbox where several deliveries share a statement.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use sqlx::Row;
use ticketkit_events::{
    Causation, Envelope, EventId, Meta, RetryPolicy, Subscription, Timestamp, sql::Tx,
};

use crate::{
    outage::execute,
    place::{Place, on_each_database},
    service::Service,
    support::{OrderCreated, Running, eventually, order},
};

on_each_database! {
    a_row_that_is_refused_has_no_share_in_those_beside_it,
    what_a_dead_consumer_had_handled_costs_no_transaction,
}

const AT_ONCE: usize = 16;

/// How often the handler was called, by number.
type Calls = Arc<Mutex<BTreeMap<i64, u32>>>;

/// A subscription of which the handler takes no transaction.
fn noting(service: &Service, calls: &Calls) -> Subscription {
    let calls = calls.clone();
    let soon = RetryPolicy::exponential(1_000, Duration::from_millis(5), Duration::from_millis(20));
    Subscription::new("noting").database(&service.db).concurrency(AT_ONCE).retry(soon).handle(
        async move |event: OrderCreated| {
            *calls.lock().unwrap().entry(event.n).or_default() += 1;
            Ok(())
        },
    )
}

/// Lets nobody else write into the inbox until the transaction ends.
async fn hold_the_inbox(service: &Service) -> Tx {
    let mut tx = service.db.begin().await.unwrap();
    if service.place.is_postgres() {
        let lock = sqlx::raw_sql("lock table ticketkit_inbox in exclusive mode");
        lock.execute(tx.conn()).await.unwrap();
    }
    tx
}

async fn publish(service: &Service, n: i64) -> EventId {
    let event = order(&n.to_string(), n);
    let envelope = Envelope::new("test", &event, Timestamp::now(), Causation::default()).unwrap();
    for result in service.bus.publish_envelopes(std::slice::from_ref(&envelope)).await {
        result.unwrap();
    }
    envelope.id
}

async fn recorded(service: &Service) -> i64 {
    let query = "select count(*) as n from ticketkit_inbox";
    sqlx::query(query).fetch_one(service.db.reader()).await.unwrap().get("n")
}

async fn pending(service: &Service) -> u64 {
    service.bus.subscriptions().await.unwrap()[0].pending
}

async fn a_row_that_is_refused_has_no_share_in_those_beside_it(place: Place) {
    let service = Service::at(place).await;
    // One in the middle of those that gather.
    let refused = AT_ONCE as i64 / 2;
    let calls = Calls::default();
    let held = hold_the_inbox(&service).await;
    let mut bad = None;
    drop(noting(&service, &calls).bind(&service.bus).await.unwrap());
    for n in 0..AT_ONCE as i64 {
        let id = publish(&service, n).await;
        bad = bad.or((n == refused).then_some(id));
    }
    let bad = bad.unwrap();
    let running = Running::subscription(&service.bus, noting(&service, &calls)).await;
    eventually("all handlers are through", async || calls.lock().unwrap().len() == AT_ONCE).await;
    held.rollback().await.unwrap();
    running.stop().await;
    // Nobody was refused yet: each of them is recorded, and was handled once.
    assert_eq!(recorded(&service).await, AT_ONCE as i64);
    assert!(calls.lock().unwrap().values().all(|&count| count == 1), "{calls:?}");
    if service.place.is_postgres() {
        let query = "select count(distinct xmin::text) as n from ticketkit_inbox";
        let row = sqlx::query(query).fetch_one(service.db.reader()).await.unwrap();
        let transactions: i64 = row.get("n");
        assert!(transactions <= 4, "{AT_ONCE} rows took {transactions} transactions");
    }

    // The same again, and the database refuses one of them.
    calls.lock().unwrap().clear();
    execute(&service.db, "delete from ticketkit_inbox").await;
    refuse(&service, bad).await;
    let held = hold_the_inbox(&service).await;
    let mut envelopes = Vec::new();
    for n in 0..AT_ONCE as i64 {
        let event = order(&n.to_string(), n);
        let made = Envelope::new("test", &event, Timestamp::now(), Causation::default());
        envelopes.push(made.unwrap());
    }
    envelopes[refused as usize].id = bad;
    for result in service.bus.publish_envelopes(&envelopes).await {
        result.unwrap();
    }
    let running = Running::subscription(&service.bus, noting(&service, &calls)).await;
    eventually("all handlers are through", async || calls.lock().unwrap().len() == AT_ONCE).await;
    held.rollback().await.unwrap();
    eventually("the others are settled", async || pending(&service).await == 1).await;
    assert_eq!(recorded(&service).await, AT_ONCE as i64 - 1);
    permit(&service).await;
    eventually("it is settled too", async || pending(&service).await == 0).await;
    running.stop().await;
    assert_eq!(recorded(&service).await, AT_ONCE as i64);
    let calls = calls.lock().unwrap();
    assert!(calls[&refused] > 1, "it was tried again");
    let others = calls.iter().filter(|(n, _)| **n != refused);
    assert!(others.into_iter().all(|(_, &count)| count == 1), "{calls:?}");
}

/// Has the database refuse the row of one event.
async fn refuse(service: &Service, event: EventId) {
    let statement = if service.place.is_postgres() {
        format!(
            "create function refuse() returns trigger language plpgsql
                 as $$ begin raise exception 'refused'; end $$;
             create trigger refuse before insert on ticketkit_inbox
             for each row when (new.event_id = '{event}') execute function refuse()"
        )
    } else {
        format!(
            "create trigger refuse before insert on ticketkit_inbox
             when new.event_id = '{event}'
             begin select raise(abort, 'refused'); end"
        )
    };
    let mut tx = service.db.begin().await.unwrap();
    let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(statement));
    statement.execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn permit(service: &Service) {
    let on = if service.place.is_postgres() { " on ticketkit_inbox" } else { "" };
    let mut tx = service.db.begin().await.unwrap();
    let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop trigger refuse{on}")));
    statement.execute(tx.conn()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A process that dies between the commit and the settling leaves its window to the next one.
async fn what_a_dead_consumer_had_handled_costs_no_transaction(place: Place) {
    const COUNT: i64 = 40;
    let service = Service::at(place).await;
    let begun = Calls::default();
    let begins = begun.clone();
    let stuck = Subscription::new("kept").concurrency(COUNT as usize).handle(
        async move |event: OrderCreated| {
            begins.lock().unwrap().insert(event.n, 1);
            std::future::pending().await
        },
    );
    let running = Running::subscription(&service.bus, stuck).await;
    let mut ids = Vec::new();
    for n in 0..COUNT {
        ids.push(publish(&service, n).await);
    }
    eventually("all are in its hands", async || begun.lock().unwrap().len() == COUNT as usize)
        .await;
    running.kill().await;
    let mut tx = service.db.begin().await.unwrap();
    for id in &ids[1..] {
        sqlx::query(
            "insert into ticketkit_inbox (subscription, event_id, handled_at)
             values ('kept', $1, 0)",
        )
        .bind(id.to_string())
        .execute(tx.conn())
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();

    let handled = Calls::default();
    let handles = handled.clone();
    let next = Subscription::new("kept").concurrency(8).database(&service.db).handle(
        async move |event: OrderCreated, _: Tx, meta: Meta| {
            assert_eq!(meta.attempt, 1);
            handles.lock().unwrap().insert(event.n, 1);
            Ok(())
        },
    );
    let held = hold_the_inbox(&service).await;
    let running = Running::subscription(&service.bus, next).await;
    eventually("what was handled is settled", async || pending(&service).await == 1).await;
    held.rollback().await.unwrap();
    eventually("the one that was not is settled", async || pending(&service).await == 0).await;
    running.stop().await;
    assert_eq!(handled.lock().unwrap().keys().copied().collect::<Vec<_>>(), [0]);
}
