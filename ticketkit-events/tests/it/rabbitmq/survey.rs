//! What processes know of one another's subscriptions.

use std::time::{Duration, Instant};

use ticketkit_events::{Bus, HandlerError, Subscription, engine::SubscriptionStats};
use tokio::sync::watch;

use super::{Place, envelope, insist};
use crate::support::{OrderCreated, Running, eventually};

/// One whose handlers end when they are let go.
fn slow(open: &watch::Receiver<bool>) -> Subscription {
    let open = open.clone();
    Subscription::new("slow").concurrency(1).handle(async move |_: OrderCreated| {
        // The end of the test lets them go, too.
        drop(open.clone().wait_for(|open| *open).await);
        Ok(())
    })
}

/// An ordered one that parks whatever comes.
fn strict() -> Subscription {
    let park = async |_: OrderCreated| Err(HandlerError::permanent("no use for it"));
    Subscription::new("strict").handle(park).ordered()
}

async fn survey(bus: &Bus, also: &[&str]) -> Vec<SubscriptionStats> {
    bus.survey(also).await.unwrap()
}

fn names(all: &[SubscriptionStats]) -> Vec<&str> {
    all.iter().map(|one| &*one.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn it_counts_what_every_process_has_and_says_where_nobody_consumes() {
    let place = Place::new();
    let (one, other, asker) = (place.bus().await, place.bus().await, place.bus().await);
    assert_eq!(survey(&asker, &["slow", "strict"]).await, [], "there is nothing yet");

    let (let_go, open) = watch::channel(false);
    let first = Running::subscription(&one, slow(&open)).await;
    let second = Running::subscription(&other, slow(&open)).await;
    let ordered = Running::subscription(&other, strict()).await;
    for n in 0..5 {
        insist(&asker, &envelope(&format!("key {n}"), n)).await;
    }
    eventually("all is seen from elsewhere", async || {
        let all = survey(&asker, &[]).await;
        let [slow, strict] = &all[..] else { return false };
        // What is claimed ahead is in flight, too.
        (slow.consumers, slow.pending, slow.parked) == (Some(2), 5, 0)
            && slow.in_flight >= 2
            && slow.oldest.is_some()
            && (strict.consumers, strict.pending, strict.parked) == (Some(1), 0, 5)
    })
    .await;
    assert_eq!(names(&asker.subscriptions().await.unwrap()), [""; 0], "it has none itself");
    // Whoever has some sees the same, and counts nothing twice.
    let own = survey(&one, &["strict", "slow"]).await;
    assert_eq!(names(&own), ["slow", "strict"]);
    assert_eq!((own[0].consumers, own[0].pending), (Some(2), 5));

    let_go.send_replace(true);
    first.stop().await;
    let consumers = async |of: usize| survey(&asker, &[]).await[of].consumers;
    eventually("one is left", async || consumers(0).await == Some(1)).await;
    second.stop().await;
    ordered.stop().await;
    insist(&asker, &envelope("late", 1)).await;
    eventually("nobody is left", async || {
        let all = survey(&asker, &[]).await;
        names(&all) == ["slow", "strict"]
            && all.iter().all(|one| one.is_silent() && one.pending == 1)
    })
    .await;
    // Who has just come knows of neither, but finds them by their names.
    let late = place.bus().await;
    assert_eq!(survey(&late, &[]).await, []);
    let found = survey(&late, &["strict", "never", "slow"]).await;
    assert_eq!(names(&found), ["slow", "strict"]);
    assert!(found.iter().all(SubscriptionStats::is_silent), "{found:?}");
    assert_eq!(found.iter().map(|one| one.parked).collect::<Vec<_>>(), [0, 5]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn what_belongs_to_an_instance_is_listed_as_long_as_it_lives() {
    let place = Place::new();
    let (one, asker) = (place.bus().await, place.bus().await);
    let view = Subscription::fan_out("view").handle(async |_: OrderCreated| Ok(()));
    let running = Running::subscription(&one, view).await;
    eventually("it is seen", async || {
        let all = survey(&asker, &[]).await;
        all.len() == 1 && all[0].name.starts_with("view@") && all[0].consumers == Some(1)
    })
    .await;
    running.stop().await;
    eventually("it is gone", async || survey(&asker, &[]).await.is_empty()).await;
}

/// The bound is generous: what is told here is that nobody waits for whoever does not answer.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn it_ends_soon_whoever_answers() {
    let place = Place::new();
    let bus = place.bus().await;
    let begun = Instant::now();
    assert_eq!(survey(&bus, &["a", "b", "c"]).await, []);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
