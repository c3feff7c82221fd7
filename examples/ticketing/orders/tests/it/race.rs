//! F2: many buyers, one ticket.

use std::{collections::BTreeMap, sync::Arc};

use ticketing_contracts::ticket::Ticket;

use crate::world::World;

const BUYERS: usize = 1000;

/// Lets everybody order at once; returns how often which status was answered.
async fn rush(world: &Arc<World>, ticket: &Ticket) -> BTreeMap<u16, usize> {
    let buyers: Vec<_> = (0..BUYERS)
        .map(|number| {
            let (world, ticket) = (world.clone(), ticket.id);
            tokio::spawn(async move {
                world.try_order(&format!("buyer {number}"), ticket).await.status.as_u16()
            })
        })
        .collect();
    let mut counts = BTreeMap::new();
    for buyer in buyers {
        *counts.entry(buyer.await.unwrap()).or_default() += 1;
    }
    counts
}

async fn one_gets_it(world: World) {
    let world = Arc::new(world);
    let ticket = world.offer("seller").await;
    assert_eq!(rush(&world, &ticket).await, BTreeMap::from([(201, 1), (409, BUYERS - 1)]));
}

async fn oversold_without_the_index(world: World) {
    let world = Arc::new(world);
    world.sabotage("drop index orders_active_by_ticket").await;
    // Whoever looks after the first commit is refused by the look: it takes two that looked before.
    for _ in 0..20 {
        let ticket = world.offer("seller").await;
        if rush(&world, &ticket).await.get(&201).is_some_and(|&sold| sold > 1) {
            return;
        }
    }
    panic!("never oversold");
}

#[tokio::test(flavor = "multi_thread")]
async fn f2_of_a_thousand_buyers_one_gets_the_ticket() {
    one_gets_it(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL installed: run cargo xtask test"]
async fn f2_of_a_thousand_buyers_one_gets_the_ticket_on_postgres() {
    one_gets_it(World::on_postgres().await).await;
}

/// The tests above can fail: without the index the ticket is sold more than once.
#[tokio::test(flavor = "multi_thread")]
async fn f2_without_the_index_the_ticket_is_oversold() {
    oversold_without_the_index(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL installed: run cargo xtask test"]
async fn f2_without_the_index_the_ticket_is_oversold_on_postgres() {
    oversold_without_the_index(World::on_postgres().await).await;
}
