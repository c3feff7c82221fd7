//! The outbox and its relay.

use std::sync::atomic::Ordering;

use ticketkit_events::{Bus, Publisher, Subscription, sql::Relay};

use crate::{
    outage::execute,
    place::{Place, on_each_database},
    service::Service,
    support::{OrderCreated, Running, eventually, order},
    tape::Tape,
};

on_each_database! {
    only_what_was_committed_is_published,
    a_batch_is_published_in_its_order_or_not_at_all,
    an_engine_that_is_down_loses_nothing,
    a_refused_key_stops_alone_and_keeps_its_order,
    a_relay_that_died_before_it_deleted_publishes_again_and_the_inbox_absorbs_it,
    a_relay_that_stops_takes_along_what_is_committed,
}

fn relay(service: &Service, bus: &Bus) -> Running {
    let relay = Relay::new(&service.db, bus);
    Running::spawn(async move |stop| relay.run(async { drop(stop.await) }).await)
}

async fn commit(service: &Service, id: &str, n: i64) {
    let mut tx = service.db.begin().await.unwrap();
    Publisher::new("orders").publish(&mut tx, &order(id, n)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn pending(service: &Service) -> u64 {
    service.db.outbox_stats().await.unwrap().pending
}

async fn only_what_was_committed_is_published(place: Place) {
    let service = Service::at(place).await;
    let engine = Tape::new();
    let running = relay(&service, &Bus::new(engine.clone()));
    let publisher = Publisher::new("orders");
    for n in 0..10 {
        let mut tx = service.db.begin().await.unwrap();
        publisher.publish(&mut tx, &order("a", n)).await.unwrap();
        match n % 3 {
            0 => tx.commit().await.unwrap(),
            1 => tx.rollback().await.unwrap(),
            _ => drop(tx),
        }
    }
    eventually("the outbox is empty", async || engine.count() >= 4 && pending(&service).await == 0)
        .await;
    running.stop().await;
    let expected: Vec<_> = [0, 3, 6, 9].map(|n| ("a".to_owned(), n)).into();
    assert_eq!(engine.taken(), expected);
}

async fn a_batch_is_published_in_its_order_or_not_at_all(place: Place) {
    let service = Service::at(place).await;
    let engine = Tape::new();
    let publisher = Publisher::new("orders");
    // More than a statement takes, twice over and a little.
    let events: Vec<_> = (0..250).map(|n| order(&(n % 3).to_string(), n)).collect();
    let mut tx = service.db.begin().await.unwrap();
    publisher.publish_all(&mut tx, &events[..7]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(pending(&service).await, 0);
    let mut tx = service.db.begin().await.unwrap();
    let ids = publisher.publish_all(&mut tx, &events).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((ids.len(), pending(&service).await), (250, 250));
    let running = relay(&service, &Bus::new(engine.clone()));
    eventually("the outbox is empty", async || pending(&service).await == 0).await;
    running.stop().await;
    for key in 0..3 {
        let expected: Vec<i64> = (key..250).step_by(3).collect();
        assert_eq!(engine.of(&key.to_string()), expected, "key {key}");
    }
}

async fn an_engine_that_is_down_loses_nothing(place: Place) {
    let service = Service::at(place).await;
    let engine = Tape::new();
    engine.down.store(true, Ordering::SeqCst);
    let running = relay(&service, &Bus::new(engine.clone()));
    for n in 0..20 {
        commit(&service, "a", n).await;
    }
    assert_eq!(pending(&service).await, 20, "publishing goes on without the engine");
    engine.down.store(false, Ordering::SeqCst);
    eventually("the outbox is empty", async || pending(&service).await == 0).await;
    running.stop().await;
    let numbers: Vec<i64> = engine.taken().into_iter().map(|(_, n)| n).collect();
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
}

async fn a_refused_key_stops_alone_and_keeps_its_order(place: Place) {
    let service = Service::at(place).await;
    let engine = Tape::new();
    engine.refuse_key(Some("bad"));
    for n in 0..10 {
        commit(&service, "bad", n).await;
        commit(&service, "good", n).await;
    }
    let running = relay(&service, &Bus::new(engine.clone()));
    let all: Vec<i64> = (0..10).collect();
    eventually("the good key is through", async || engine.of("good") == all).await;
    assert_eq!(engine.of("bad"), [0; 0]);
    engine.refuse_key(None);
    eventually("the bad key is through", async || engine.of("bad") == all).await;
    running.stop().await;
    assert_eq!(pending(&service).await, 0);
}

async fn a_relay_that_died_before_it_deleted_publishes_again_and_the_inbox_absorbs_it(
    place: Place,
) {
    let service = Service::at(place).await;
    let subscription = Subscription::new("effects").database(&service.db).handle(
        async move |event: OrderCreated, mut tx: ticketkit_events::sql::Tx| {
            sqlx::query("insert into effects (n, attempt) values ($1, 1)")
                .bind(event.n)
                .execute(tx.conn())
                .await?;
            Ok(())
        },
    );
    let engine = Tape::new();
    let bus = Bus::new(engine.clone());
    let handling = Running::subscription(&bus, subscription).await;
    commit(&service, "a", 1).await;
    // The engine takes the events, and the outbox keeps them: what such a crash leaves.
    let (refuse, permit) = if service.place.is_postgres() {
        (
            "create function crash() returns trigger language plpgsql
                 as $$ begin raise exception 'crash'; end $$;
             create trigger crash before delete on ticketkit_outbox
             for each row execute function crash()",
            "drop trigger crash on ticketkit_outbox",
        )
    } else {
        (
            "create trigger crash before delete on ticketkit_outbox
             begin select raise(abort, 'crash'); end",
            "drop trigger crash",
        )
    };
    execute(&service.db, refuse).await;
    let running = relay(&service, &bus);
    eventually("the event was published twice", async || engine.count() >= 2).await;
    running.kill().await;
    execute(&service.db, permit).await;
    let running = relay(&service, &bus);
    eventually("the outbox is empty", async || pending(&service).await == 0).await;
    eventually("everything is settled", async || {
        bus.subscriptions().await.unwrap()[0].pending == 0
    })
    .await;
    running.stop().await;
    handling.stop().await;
    assert_eq!(service.effects().await, [1]);
}

async fn a_relay_that_stops_takes_along_what_is_committed(place: Place) {
    let service = Service::at(place).await;
    let engine = Tape::new();
    let running = relay(&service, &Bus::new(engine.clone()));
    for n in 0..=20 {
        let mut tx = service.db.begin().await.unwrap();
        for m in 0..2 {
            Publisher::new("orders").publish(&mut tx, &order("a", n * 2 + m)).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    running.stop().await;
    assert_eq!(pending(&service).await, 0);
    let numbers: Vec<i64> = engine.taken().into_iter().map(|(_, n)| n).collect();
    assert_eq!(numbers, (0..42).collect::<Vec<_>>());
}
