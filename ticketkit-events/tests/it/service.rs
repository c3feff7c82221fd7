//! Handlers with a transaction: inbox, effects and published events are one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::Row;
use ticketkit_events::{
    Bus, Causation, Envelope, HandlerError, Meta, Publisher, RetryPolicy, Subscription, Timestamp,
    sql::{Database, Migration, Relay, Tx},
};

use crate::{
    place::{Place, on_each_database},
    support::{OrderCreated, Running, TicketReserved, eventually, order},
};

on_each_database! {
    a_duplicate_has_no_second_effect,
    handlers_without_a_transaction_see_no_duplicates_either,
    a_failure_leaves_nothing_and_the_next_attempt_everything,
    a_handler_can_neither_commit_nor_keep_its_transaction,
    two_services_over_the_durable_engine,
}

const MIGRATIONS: &[Migration] = &[Migration::new(
    1,
    "effects",
    "create table effects (n bigint not null, attempt bigint not null)",
)];

pub(crate) struct Service {
    pub(crate) place: Place,
    pub(crate) db: Database,
    pub(crate) bus: Bus,
}

impl Service {
    /// Makes one on SQLite.
    pub(crate) async fn new() -> Self {
        Self::at(Place::sqlite()).await
    }

    pub(crate) async fn at(place: Place) -> Self {
        let db = Database::open(&place.url("service")).await.unwrap();
        db.migrate(MIGRATIONS).await.unwrap();
        Self { place, db, bus: Bus::memory() }
    }

    pub(crate) async fn effects(&self) -> Vec<i64> {
        let rows =
            sqlx::query("select n from effects order by n").fetch_all(self.db.reader()).await;
        rows.unwrap().iter().map(|row| row.get("n")).collect()
    }

    async fn publish_envelope(&self, envelope: &Envelope) {
        for result in self.bus.publish_envelopes(std::slice::from_ref(envelope)).await {
            result.unwrap();
        }
    }
}

async fn effect(tx: &mut Tx, n: i64, attempt: u32) -> Result<(), sqlx::Error> {
    sqlx::query("insert into effects (n, attempt) values ($1, $2)")
        .bind(n)
        .bind(i64::from(attempt))
        .execute(tx.conn())
        .await
        .map(drop)
}

fn envelope(n: i64) -> Envelope {
    let event = order(&n.to_string(), n);
    Envelope::new("orders", &event, Timestamp::now(), Causation::correlated("request-1")).unwrap()
}

async fn a_duplicate_has_no_second_effect(place: Place) {
    let service = Service::at(place).await;
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    let subscription = Subscription::new("effects").database(&service.db).handle(
        async move |event: OrderCreated, mut tx: Tx, meta: Meta| {
            count.fetch_add(1, Ordering::SeqCst);
            effect(&mut tx, event.n, meta.attempt).await?;
            Ok(())
        },
    );
    let running = Running::subscription(&service.bus, subscription).await;
    let first = envelope(1);
    for _ in 0..5 {
        service.publish_envelope(&first).await;
    }
    service.publish_envelope(&envelope(2)).await;
    eventually("everything is settled", async || {
        service.bus.subscriptions().await.unwrap()[0].pending == 0
    })
    .await;
    running.stop().await;
    assert_eq!(service.effects().await, [1, 2]);
    assert_eq!(calls.load(Ordering::SeqCst), 2, "a duplicate does not reach the handler");
}

async fn handlers_without_a_transaction_see_no_duplicates_either(place: Place) {
    let service = Service::at(place).await;
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    let subscription = Subscription::new("calls").concurrency(1).database(&service.db).handle(
        async move |_: OrderCreated| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        },
    );
    let running = Running::subscription(&service.bus, subscription).await;
    let event = envelope(1);
    for _ in 0..5 {
        service.publish_envelope(&event).await;
    }
    eventually("everything is settled", async || {
        service.bus.subscriptions().await.unwrap()[0].pending == 0
    })
    .await;
    running.stop().await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

async fn a_failure_leaves_nothing_and_the_next_attempt_everything(place: Place) {
    let service = Service::at(place).await;
    let publisher = Publisher::new("tickets");
    let subscription = Subscription::new("effects")
        .database(&service.db)
        .timeout(Duration::from_millis(500))
        .retry(RetryPolicy::exponential(5, Duration::from_millis(1), Duration::from_millis(5)))
        .handle(async move |event: OrderCreated, mut tx: Tx, meta: Meta| {
            effect(&mut tx, event.n, meta.attempt).await?;
            publisher.publish(&mut tx, &TicketReserved { id: event.id }).await?;
            match meta.attempt {
                1 => Err(HandlerError::transient("after the effect")),
                2 => panic!("after the effect"),
                3 => std::future::pending().await,
                _ => Ok(()),
            }
        });
    let running = Running::subscription(&service.bus, subscription).await;
    let event = envelope(1);
    service.publish_envelope(&event).await;
    eventually("the effect is there", async || service.effects().await == [1]).await;
    running.stop().await;
    assert_eq!(service.effects().await, [1]);
    assert_eq!(
        service.db.outbox_stats().await.unwrap().pending,
        1,
        "one event, of the last attempt"
    );
    let row = sqlx::query("select correlation_id, causation_id from ticketkit_outbox")
        .fetch_one(service.db.reader())
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>("correlation_id"), "request-1");
    assert_eq!(row.get::<String, _>("causation_id"), event.id.to_string());
}

async fn a_handler_can_neither_commit_nor_keep_its_transaction(place: Place) {
    let service = Service::at(place).await;
    let kept = Arc::new(std::sync::Mutex::new(None));
    let keep = kept.clone();
    let subscription = Subscription::new("effects")
        .database(&service.db)
        .retry(RetryPolicy::never())
        .handle(async move |event: OrderCreated, mut tx: Tx| {
            effect(&mut tx, event.n, 0).await?;
            match event.n {
                1 => tx.commit().await?,
                _ => drop(keep.lock().unwrap().replace(tx)),
            }
            Ok(())
        });
    let running = Running::subscription(&service.bus, subscription).await;
    for n in 1..=2 {
        service.publish_envelope(&envelope(n)).await;
        eventually("the event is parked", async || {
            service.bus.subscriptions().await.unwrap()[0].parked == n as u64
        })
        .await;
    }
    drop(kept.lock().unwrap().take());
    running.stop().await;
    assert_eq!(service.effects().await, [0; 0]);
    let parked = service.bus.parked().list("effects", None, 10).await.unwrap();
    assert!(parked[0].error.contains("committed by its runner"), "{}", parked[0].error);
    assert!(parked[1].error.contains("kept its transaction"), "{}", parked[1].error);
}

async fn two_services_over_the_durable_engine(place: Place) {
    let mut orders = Service::at(place).await;
    orders.bus = Bus::open(&orders.place.url("events")).await.unwrap();
    let tickets = Database::open(&orders.place.url("tickets")).await.unwrap();
    tickets.migrate(MIGRATIONS).await.unwrap();
    let tickets = Service { place: Place::sqlite(), db: tickets, bus: orders.bus.clone() };

    let publisher = Publisher::new("tickets");
    let on_created = Subscription::new("tickets").database(&tickets.db).ordered().handle(
        async move |event: OrderCreated, mut tx: Tx| {
            effect(&mut tx, event.n, 1).await?;
            publisher.publish(&mut tx, &TicketReserved { id: event.id }).await?;
            Ok(())
        },
    );
    let on_reserved = Subscription::new("orders").database(&orders.db).handle(
        async move |event: TicketReserved, mut tx: Tx| {
            effect(&mut tx, event.id.parse()?, 1).await?;
            Ok(())
        },
    );
    let mut running = vec![
        Running::subscription(&tickets.bus, on_created).await,
        Running::subscription(&orders.bus, on_reserved).await,
    ];
    for (db, bus) in [(&orders.db, &orders.bus), (&tickets.db, &tickets.bus)] {
        let relay = Relay::new(db, bus);
        running.push(Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await));
    }
    let publisher = Publisher::new("orders");
    for n in 0..50 {
        let mut tx = orders.db.begin().await.unwrap();
        publisher.publish(&mut tx, &order(&n.to_string(), n)).await.unwrap();
        tx.commit().await.unwrap();
    }
    let all: Vec<i64> = (0..50).collect();
    eventually("the answers are back", async || orders.effects().await == all).await;
    for running in running {
        running.stop().await;
    }
    assert_eq!(tickets.effects().await, all);
    for db in [&orders.db, &tickets.db] {
        assert_eq!(db.outbox_stats().await.unwrap().pending, 0);
    }
}
