//! Orders of the same moment, which share a transaction.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;
use sqlx::Row as _;
use ticketing_contracts::{order::OrderCreated, ticket::Ticket};
use tokio::task::JoinSet;

use crate::world::{World, path};

const BUYERS: usize = 24;

/// Has each buyer order a ticket of their own at the same moment; returns the answers.
async fn at_once(world: &Arc<World>, buyers: &[String]) -> Vec<(String, u16, Value)> {
    let tickets = offers(world, buyers.len()).await;
    each_order(world, buyers, &tickets).await
}

async fn offers(world: &World, count: usize) -> Vec<Ticket> {
    let mut tickets: Vec<Ticket> = Vec::new();
    for _ in 0..count {
        tickets.push(world.offer("seller").await);
    }
    tickets
}

async fn each_order(
    world: &Arc<World>,
    buyers: &[String],
    tickets: &[Ticket],
) -> Vec<(String, u16, Value)> {
    let mut ordering = JoinSet::new();
    for (buyer, ticket) in buyers.iter().cloned().zip(tickets) {
        let (world, ticket) = (world.clone(), ticket.id);
        ordering.spawn(async move {
            let answer = world.try_order(&buyer, ticket).await;
            (buyer, answer.status.as_u16(), answer.body)
        });
    }
    ordering.join_all().await
}

fn buyers() -> Vec<String> {
    (0..BUYERS).map(|number| format!("buyer {number}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_the_same_moment_are_told_once_each_by_their_own_requests() {
    let world = Arc::new(World::new().await);
    let answers = at_once(&world, &buyers()).await;
    let mut requests = BTreeSet::new();
    for (buyer, status, order) in &answers {
        assert_eq!(*status, 201, "{buyer}: {order}");
        let told = world.told::<OrderCreated>(order).await;
        assert_eq!(told.len(), 1, "{buyer}");
        requests.extend(world.correlations(order));
        let history = world.get("admin", &format!("{}/history", path(order))).await.expect(200);
        assert_eq!(history["items"].as_array().map(Vec::len), Some(1), "{history}");
    }
    assert_eq!(requests.len(), BUYERS);
}

/// A buyer whose order the database refuses: others' orders of the same moment do not fail for it.
#[tokio::test(flavor = "multi_thread")]
async fn orders_of_the_same_moment_do_not_fail_for_each_other() {
    let world = Arc::new(World::new().await);
    let ticket = world.offer("seller").await;
    world.order("buyer 7", &ticket).await;
    world.sabotage("create unique index once on order_history (actor_id)").await;
    for (buyer, status, answer) in at_once(&world, &buyers()).await {
        let expected = if buyer == "buyer 7" { 500 } else { 201 };
        assert_eq!(status, expected, "{buyer}: {answer}");
    }
}

/// A ticket that cannot be read: those who look at others at the same moment do not fail for it.
#[tokio::test(flavor = "multi_thread")]
async fn looks_of_the_same_moment_do_not_fail_for_each_other() {
    let world = Arc::new(World::new().await);
    let (buyers, tickets) = (buyers(), offers(&world, BUYERS).await);
    world
        .sabotage("update tickets set status = 'odd' where id = (select max(id) from tickets)")
        .await;
    let odd = tickets.iter().map(|ticket| ticket.id).max();
    let odd = tickets.iter().position(|ticket| Some(ticket.id) == odd).map(|it| &buyers[it]);
    for (buyer, status, answer) in each_order(&world, &buyers, &tickets).await {
        let expected = if Some(&buyer) == odd { 500 } else { 201 };
        assert_eq!(status, expected, "{buyer}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL installed: run cargo xtask test"]
async fn orders_of_the_same_moment_share_transactions() {
    let world = Arc::new(World::on_postgres().await);
    for (buyer, status, order) in at_once(&world, &buyers()).await {
        assert_eq!(status, 201, "{buyer}: {order}");
    }
    let row = sqlx::query("select count(distinct xmin::text) as transactions from orders");
    let row = row.fetch_one(world.database.reader()).await.unwrap();
    let transactions: i64 = row.get("transactions");
    assert!(transactions < BUYERS as i64 / 2, "{transactions} transactions");
}
