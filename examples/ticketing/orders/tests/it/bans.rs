//! A banned user buys nothing, and nobody buys from one.

use std::{sync::Arc, time::Duration};

use ticketing_contracts::{
    order::OrderCancelled,
    user::{UserBanned, UserUnbanned},
};
use tokio::time::{sleep, timeout};

use crate::world::{World, user};

fn ban(name: &str, ban_version: i64) -> UserBanned {
    UserBanned { id: user(name), version: ban_version, until: None, ban_version, epoch: 1 }
}

#[tokio::test]
async fn a_ban_cancels_open_orders_and_leaves_what_is_paid() {
    let world = World::new().await;
    let (held, paid, own) =
        (world.offer("villain").await, world.offer("villain").await, world.offer("seller").await);
    let held = world.reserve("buyer", &held).await;
    let (paid, _) = world.buy("buyer", &paid).await;
    let own = world.order("villain", &own).await;
    let unrelated = world.offer("seller").await;
    let unrelated = world.reserve("buyer", &unrelated).await;

    for _ in 0..2 {
        world.tell(ban("villain", 1)).await;
    }
    assert_eq!(world.expect_status(&held, "cancelled").await["reason"], "seller_banned");
    assert_eq!(world.expect_status(&own, "cancelled").await["reason"], "user_banned");
    world.expect_status(&paid, "complete").await;
    world.expect_status(&unrelated, "awaiting_payment").await;
    assert_eq!(world.told::<OrderCancelled>(&held).await.len(), 1);
}

/// F23: a token that is still valid in another view of the world orders nothing.
#[tokio::test]
async fn f23_a_banned_user_neither_buys_nor_is_bought_from() {
    let world = World::new().await;
    let (theirs, others) = (world.offer("villain").await, world.offer("seller").await);
    world.tell(ban("villain", 1)).await;
    world.try_order("villain", others.id).await.problem(403, "account_banned");
    world.try_order("buyer", theirs.id).await.problem(409, "ticket_withdrawn");

    let lifted = UserUnbanned { id: user("villain"), version: 2, ban_version: 2, epoch: 1 };
    world.tell(lifted).await;
    world.tell(ban("villain", 1)).await;
    world.try_order("villain", others.id).await.expect(201);
}

/// The test above can fail: without the note of the ban nothing here stands in the way.
#[tokio::test]
async fn f23_without_its_note_a_banned_user_would_buy_and_be_bought_from() {
    let world = World::new().await;
    let (theirs, others) = (world.offer("villain").await, world.offer("seller").await);
    world.tell(ban("villain", 1)).await;
    world.sabotage("delete from bans").await;
    world.try_order("villain", others.id).await.expect(201);
    world.try_order("buyer", theirs.id).await.expect(201);
}

/// F23: an order that was begun while nobody was banned, and ends after somebody is.
#[tokio::test(flavor = "multi_thread")]
async fn f23_a_ban_that_is_noted_while_an_order_is_placed_holds_for_it() {
    let world = Arc::new(World::new().await);
    for (buyer, seller, banned, status, code) in [
        ("villain", "seller", "villain", 403, "account_banned"),
        ("buyer", "rogue", "rogue", 409, "ticket_withdrawn"),
    ] {
        let ticket = world.offer(seller).await;
        let mut banning = world.database.begin().await.unwrap();
        banning.lock(&format!("user/{}", user(banned))).await.unwrap();
        sqlx::query("insert into bans (user_id, ban_version, banned) values ($1, 1, 1)")
            .bind(user(banned).to_string())
            .execute(banning.conn())
            .await
            .unwrap();
        let placing = world.clone();
        let mut order = tokio::spawn(async move { placing.try_order(buyer, ticket.id).await });
        let early = timeout(Duration::from_millis(200), &mut order).await;
        assert!(early.is_err(), "it does not wait for the ban of {banned}");
        banning.commit().await.unwrap();
        order.await.unwrap().problem(status, code);
    }
}

/// Orders for one ticket that line up together: a banned buyer is not the one who stands for all.
#[tokio::test(flavor = "multi_thread")]
async fn banned_buyers_in_front_keep_nobody_from_a_ticket() {
    let world = Arc::new(World::new().await);
    let ticket = world.offer("seller").await;
    // More than are asked about in one transaction.
    let villains: Vec<String> = (0..9).map(|n| format!("villain-{n}")).collect();
    for villain in &villains {
        world.tell(ban(villain, 1)).await;
    }
    // On SQLite it keeps others from writing, on PostgreSQL by the lock of the seller.
    let mut first = world.database.begin().await.unwrap();
    first.lock(&format!("user/{}", user("seller"))).await.unwrap();
    let order = |buyer: String| {
        let placing = world.clone();
        tokio::spawn(async move { placing.try_order(&buyer, ticket.id).await })
    };
    let banned: Vec<_> = villains.into_iter().map(order).collect();
    sleep(Duration::from_millis(200)).await;
    let mut buyer = order("buyer".to_owned());
    let early = timeout(Duration::from_millis(100), &mut buyer).await;
    assert!(early.is_err(), "the order does not wait for the transaction before");
    first.rollback().await.unwrap();
    for villain in banned {
        villain.await.unwrap().problem(403, "account_banned");
    }
    buyer.await.unwrap().expect(201);
}
