//! What transactions lock by name.

use std::time::Duration;

use ticketkit_events::sql::Database;
use tokio::time::timeout;

use crate::place::{Place, on_each_database};

on_each_database! { who_wants_a_name_alone_waits_for_all_who_share_it }

async fn who_wants_a_name_alone_waits_for_all_who_share_it(place: Place) {
    let db = Database::open(&place.url("service")).await.unwrap();
    let mut sharing = db.begin().await.unwrap();
    sharing.lock_shared_all(&["user/1", "user/2"]).await.unwrap();
    if place.is_postgres() {
        // On SQLite nobody else has begun.
        let mut other = db.begin().await.unwrap();
        other.lock_shared_all(&["user/2".to_owned(), "user/3".to_owned()]).await.unwrap();
        other.lock_shared_all(&[] as &[&str]).await.unwrap();
        other.rollback().await.unwrap();
    }
    let mut waiting: Vec<_> = ["user/1", "user/2"]
        .map(|name| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut alone = db.begin().await.unwrap();
                alone.lock(name).await.unwrap();
                alone.rollback().await.unwrap();
            })
        })
        .into();
    for alone in &mut waiting {
        let early = timeout(Duration::from_millis(100), alone).await;
        assert!(early.is_err(), "it is locked while others share it");
    }
    sharing.commit().await.unwrap();
    for alone in waiting {
        timeout(Duration::from_secs(10), alone).await.unwrap().unwrap();
    }
}
