//! What the harness for users does, and that each of its faults is one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use ticketkit_events::{
    Bus, Clock, HandlerError, Meta, Publisher, RetryPolicy, Subscription, Timestamp,
    faults::{Faults, FaultyBus, Point},
    testing::TestBus,
};

use crate::support::{OrderCreated, Running, eventually, order};

type Seen = Arc<Mutex<Vec<(String, i64)>>>;

fn recorder(seen: &Seen) -> Subscription {
    let seen = seen.clone();
    Subscription::new("seen").ordered().handle(async move |event: OrderCreated| {
        seen.lock().unwrap().push((event.id, event.n));
        Ok(())
    })
}

/// Publishes as a relay does: again until it is taken, and then the next of the key.
async fn publish_until_taken(bus: &Bus, id: &str, numbers: std::ops::Range<i64>) {
    for n in numbers {
        let envelope = ticketkit_events::Envelope::new(
            "orders",
            &order(id, n),
            Timestamp::EPOCH,
            ticketkit_events::Causation::default(),
        );
        let envelope = [envelope.unwrap()];
        while bus.publish_envelopes(&envelope).await[0].is_err() {}
    }
}

fn by_key(seen: &Seen) -> BTreeMap<String, Vec<i64>> {
    let mut keys: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (key, n) in seen.lock().unwrap().iter() {
        keys.entry(key.clone()).or_default().push(*n);
    }
    keys
}

async fn run(seed: u64, faults: Faults) -> BTreeMap<String, Vec<i64>> {
    let test = TestBus::with_clock(Clock::system());
    let faulty = FaultyBus::new(test.bus(), seed);
    faulty.set(faults);
    let (orders, tickets) = (faulty.process("orders"), faulty.process("tickets"));
    let seen = Seen::default();
    let running = Running::subscription(&tickets.bus(), recorder(&seen)).await;
    let bus = orders.bus();
    tokio::join!(
        publish_until_taken(&bus, "a", 0..20),
        publish_until_taken(&bus, "b", 0..20),
        publish_until_taken(&bus, "c", 0..20),
    );
    faulty.set(Faults::NONE);
    eventually("all is handled", async || {
        test.bus().subscriptions().await.unwrap()[0].pending == 0
    })
    .await;
    running.stop().await;
    by_key(&seen)
}

/// What the engine promised, whatever goes wrong: each at least once, and first times in order.
fn keeps_the_promise(keys: &BTreeMap<String, Vec<i64>>) -> bool {
    keys.len() == 3
        && keys.values().all(|numbers| {
            let mut firsts = Vec::new();
            for n in numbers {
                if !firsts.contains(n) {
                    firsts.push(*n);
                }
            }
            firsts == (0..20).collect::<Vec<_>>()
        })
}

#[tokio::test]
async fn faults_are_within_the_promise_of_an_engine() {
    let mut repeats = 0;
    for seed in 0..20 {
        let keys = run(seed, Faults::all(0.2)).await;
        assert!(keeps_the_promise(&keys), "seed {seed}: {keys:?}");
        repeats += keys.values().map(Vec::len).sum::<usize>() - 60;
    }
    assert!(repeats > 100, "duplicates, lost confirms and lost acks make {repeats} repeats");
}

#[tokio::test]
async fn a_lost_event_is_noticed() {
    let keys = run(1, Faults::NONE.and_lose(0.2)).await;
    assert!(!keeps_the_promise(&keys), "{keys:?}");
}

#[tokio::test]
async fn without_order_events_change_places() {
    let test = TestBus::new();
    let faulty = FaultyBus::new(test.bus(), 7);
    faulty.set(Faults { reorder: 0.5, ..Faults::NONE });
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = seen.clone();
    let subscription =
        Subscription::new("any").concurrency(1).handle(async move |event: OrderCreated| {
            record.lock().unwrap().push(event.n);
            Ok(())
        });
    let runner = subscription.bind(&faulty.process("a").bus()).await.unwrap();
    for n in 0..50 {
        Publisher::new("orders").publish(test.bus(), &order("a", n)).await.unwrap();
    }
    tokio::spawn(runner.run(std::future::pending()));
    test.settled().await;
    let seen = seen.lock().unwrap().clone();
    let sorted: Vec<i64> = (0..50).collect();
    assert_ne!(seen, sorted);
    let mut again = seen.clone();
    again.sort_unstable();
    assert_eq!(again, sorted);
}

/// Killed anywhere and started anew, it loses nothing.
#[tokio::test]
async fn a_process_dies_at_each_point_and_another_goes_on() {
    for point in Point::ALL {
        let test = TestBus::with_clock(Clock::system());
        let faulty = FaultyBus::new(test.bus(), 3);
        let mut process = faulty.process("orders");
        process.crash_at(point, 2);
        let seen = Seen::default();
        let mut next = 0;
        for _ in 0..2 {
            let bus = process.bus();
            let running = Running::subscription(&bus, recorder(&seen)).await;
            let work = async {
                while next < 30 {
                    publish_until_taken(&bus, "a", next..next + 1).await;
                    next += 1;
                    test.settled().await;
                }
            };
            tokio::select! {
                at = process.crashed() => assert_eq!(at, point),
                () = work => {}
            }
            running.kill().await;
            process = process.restart();
        }
        let numbers = by_key(&seen).remove("a").unwrap_or_default();
        let mut firsts = numbers.clone();
        firsts.dedup();
        assert_eq!(firsts, (0..30).collect::<Vec<_>>(), "{point:?}: {numbers:?}");
    }
}

#[tokio::test]
async fn a_test_moves_the_clock_and_sees_what_was_published() {
    let test = TestBus::new();
    let policy = RetryPolicy::exponential(2, Duration::from_secs(60), Duration::from_secs(60));
    let subscription =
        Subscription::new("a").retry(policy).handle(async |_: OrderCreated, meta: Meta| match meta
            .attempt
        {
            1 => Err(HandlerError::transient("not yet")),
            _ => Err(HandlerError::permanent("never")),
        });
    let running = Running::subscription(test.bus(), subscription).await;
    test.tell("orders", &order("1", 1)).await;
    assert_eq!(test.published::<OrderCreated>(), [order("1", 1)]);
    assert_eq!(test.subscriptions()[0].types, ["order.created"]);
    test.assert_nothing_parked().await;
    test.advance(Duration::from_secs(60)).await;
    assert_eq!(test.parked().await[0].error, "never");
    running.stop().await;
}

#[tokio::test]
async fn a_batch_tells_which_events_were_not_taken() {
    let test = TestBus::new();
    let faulty = FaultyBus::new(test.bus(), 5);
    let bus = faulty.process("orders").bus();
    faulty.set(Faults { refuse: 0.3, ..Faults::NONE });
    let events: Vec<_> = (0..40).map(|n| order(&n.to_string(), n)).collect();
    let error = Publisher::new("orders").publish_all(&bus, &events).await.unwrap_err();
    let taken: Vec<i64> = test.published::<OrderCreated>().iter().map(|event| event.n).collect();
    let untaken = error.untaken();
    assert!(!untaken.is_empty() && !taken.is_empty());
    for n in 0..40_usize {
        assert_ne!(taken.contains(&(n as i64)), untaken.contains(&n), "{n}");
    }
    let text = error.to_string();
    assert_eq!(text, format!("the engine has not taken {} of 40 events", untaken.len()));
    faulty.set(Faults::NONE);
    assert!(
        Publisher::new("orders")
            .publish_all(&bus, &[] as &[OrderCreated])
            .await
            .unwrap()
            .is_empty()
    );
}
