//! Notes are kept longer than an event can come again, and no longer.

use std::time::{Duration, Instant};

use sqlx::Row;
use ticketing_contracts::{payment::PaymentCreated, user::UserBanned};

use crate::world::{World, payment, user};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn count(world: &World, table: &'static str) -> i64 {
    let select = format!("select count(*) from {table}");
    let query = sqlx::query(sqlx::AssertSqlSafe(select));
    query.fetch_one(world.database.reader()).await.unwrap().get(0)
}

async fn await_count(world: &World, table: &'static str, expected: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let found = count(world, table).await;
        if found == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{found} in {table}, not {expected}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn old_notes_of_refunds_and_of_bans_that_are_over_are_forgotten() {
    let world = World::new().await;
    let until = Some(world.clock.now() + DAY);
    let ban = |name: &str| UserBanned {
        id: user(name),
        version: 1,
        until: None,
        ban_version: 1,
        epoch: 1,
    };
    world.tell(UserBanned { until, ..ban("for a day") }).await;
    world.tell(ban("for good")).await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    world.cancel("buyer", &order).await.expect(204);
    world.tell(PaymentCreated { payment: payment(&order) }).await;
    assert_eq!((count(&world, "refunds").await, count(&world, "bans").await), (1, 2));

    // A ban of a later time shows that the earlier ones were looked at and kept.
    world.clock.advance(29 * DAY);
    world.tell(UserBanned { until, ..ban("noted later") }).await;
    assert_eq!((count(&world, "refunds").await, count(&world, "bans").await), (1, 3));
    world.clock.advance(2 * DAY);
    await_count(&world, "refunds", 0).await;
    await_count(&world, "bans", 2).await;
    world.clock.advance(31 * DAY);
    await_count(&world, "bans", 1).await;
}
