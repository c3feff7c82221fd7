//! P8, L3: wherever failures are counted: in memory and on both databases.

use std::{net::IpAddr, sync::Arc, time::Duration};

use ticketkit_auth::{
    ManualClock, Throttle,
    throttle::{SignInThrottle, SqlThrottle, ThrottleError},
};

use crate::place::{Place, on_each_database};

on_each_database!(
    p8_the_limits_are_those_of_memory,
    p8_many_at_once_get_no_more_answers_than_one_after_the_other,
    p8_instances_count_together_and_a_restart_forgets_nothing,
    l3_a_throttle_that_cannot_count_lets_nobody_try,
);

const ADA: &str = "ada@example.com";

type Shared = Arc<dyn SignInThrottle>;

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

async fn sql(place: &Place, clock: &ManualClock) -> SqlThrottle {
    SqlThrottle::open(&place.open().await, clock.clock()).await.expect("the table is made")
}

#[track_caller]
fn wait(judged: Result<(), ThrottleError>) -> Option<u64> {
    match judged {
        Ok(()) => None,
        Err(ThrottleError::Limited(limited)) => Some(limited.retry_after),
        Err(other) => panic!("{other:?}"),
    }
}

async fn p8_the_limits_are_those_of_memory(place: Place) {
    let clock = ManualClock::default();
    let (memory, sql) = (Throttle::new(clock.clock()), sql(&place, &clock).await);
    let both = async |account: &str, from: &str, fails: bool| {
        let mut waits = Vec::new();
        for throttle in [&memory as &dyn SignInThrottle, &sql] {
            waits.push(wait(match fails {
                true => throttle.record_failure(account, address(from)).await,
                false => throttle.check(account, address(from)).await,
            }));
        }
        assert_eq!(waits[0], waits[1], "{account} from {from}");
        waits[1]
    };

    for _ in 0..10 {
        assert_eq!(both(ADA, "192.0.2.1", true).await, None);
        clock.advance(Duration::from_secs(10));
    }
    assert_eq!(both(ADA, "192.0.2.1", true).await, Some(200));
    assert_eq!(both(ADA, "192.0.2.1", false).await, Some(200), "the right password does not help");
    assert_eq!(both(ADA, "192.0.2.9", false).await, None, "a stranger locks nobody out");
    clock.advance(Duration::from_millis(199_999));
    assert_eq!(both(ADA, "192.0.2.1", false).await, Some(1));
    clock.advance(Duration::from_millis(1));
    assert_eq!(both(ADA, "192.0.2.1", true).await, None, "the first failure is forgotten");
    assert_eq!(both(ADA, "192.0.2.1", true).await, Some(10));

    for account in 0..100 {
        assert_eq!(both(&format!("user{account}"), "2001:db8::1", true).await, None);
    }
    assert_eq!(both("one more", "2001:db8::2", true).await, Some(300), "a network is one address");
    assert_eq!(both("one more", "2001:db8:0:1::2", true).await, None);

    clock.advance(Duration::from_secs(300));
    sql.sweep().await.expect("it sweeps");
    let left = sqlx::query("select bucket from ticketkit_failed_sign_ins")
        .fetch_all(place.open().await.reader())
        .await
        .expect("the table is there");
    assert!(left.is_empty());
}

async fn p8_many_at_once_get_no_more_answers_than_one_after_the_other(place: Place) {
    let clock = ManualClock::default();
    let throttle: Shared = Arc::new(sql(&place, &clock).await);
    let at_once: Vec<_> = (0..30)
        .map(|_| {
            let throttle = throttle.clone();
            tokio::spawn(async move { throttle.record_failure(ADA, address("192.0.2.1")).await })
        })
        .collect();
    let mut answered = 0;
    for attempt in at_once {
        answered += usize::from(wait(attempt.await.expect("no task panics")).is_none());
    }
    assert_eq!(answered, 10);
}

async fn l3_a_throttle_that_cannot_count_lets_nobody_try(place: Place) {
    let database = place.open().await;
    let clock = ManualClock::default().clock();
    let throttle = SqlThrottle::open(&database, clock).await.expect("the table is made");
    throttle.check(ADA, address("192.0.2.1")).await.expect("nobody failed");
    database.close().await;
    for answer in [
        throttle.check(ADA, address("192.0.2.1")).await,
        throttle.record_failure(ADA, address("192.0.2.1")).await,
    ] {
        assert!(matches!(answer, Err(ThrottleError::Count(_))), "{answer:?}");
    }
}

async fn p8_instances_count_together_and_a_restart_forgets_nothing(place: Place) {
    let clock = ManualClock::default();
    let instances = [sql(&place, &clock).await, sql(&place, &clock).await];
    for n in 0..10 {
        let counted = instances[n % 2].record_failure(ADA, address("192.0.2.1")).await;
        assert_eq!(wait(counted), None);
    }
    for instance in &instances {
        assert!(wait(instance.check(ADA, address("192.0.2.1")).await).is_some());
    }
    let restarted = sql(&place, &clock).await;
    assert!(wait(restarted.check(ADA, address("192.0.2.1")).await).is_some());
}
