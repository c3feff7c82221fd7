//! Notes are kept longer than an event can come again, and no longer.

use std::time::{Duration, Instant};

use sqlx::Row;
use ticketing_contracts::user::UserUnbanned;

use crate::world::{World, user};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn count(world: &World, select: &'static str) -> i64 {
    sqlx::query(select).fetch_one(world.database.reader()).await.unwrap().get(0)
}

#[tokio::test]
async fn old_notes_of_orders_and_of_bans_that_are_over_are_forgotten() {
    const ORDERS: &str = "select count(*) from orders_seen";
    const BANS: &str = "select count(*) from bans";
    let world = World::new().await;
    let ticket = world.sell("seller", "Sold long ago", 100).await;
    world.reserve(&ticket, "buyer").await;
    world.tell(UserUnbanned { id: user("seller"), version: 2, ban_version: 2, epoch: 1 }).await;
    world.clock.advance(29 * DAY);
    let other = world.sell("seller", "Sold today", 100).await;
    world.reserve(&other, "another").await;
    assert_eq!((count(&world, ORDERS).await, count(&world, BANS).await), (2, 1));

    world.clock.advance(2 * DAY);
    let deadline = Instant::now() + Duration::from_secs(20);
    while (count(&world, ORDERS).await, count(&world, BANS).await) != (1, 0) {
        assert!(Instant::now() < deadline, "old notes stay");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
