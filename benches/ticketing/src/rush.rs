//! 1,000 buyers at one ticket.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::{Value, json};
use ticketing_load::{
    Record, Session, System,
    record::{Kind, percentile},
    session::Target,
    system::Form,
    trade::until,
};
use ticketkit_bench::Figure;
use tokio::{runtime::Runtime, sync::Barrier, task::JoinSet};

use crate::{
    Result,
    wire::{Connection, Reply, Request},
};

const BUYERS: usize = 1_000;
const ALONE: usize = 200;
const SIGN_UPS: usize = 8;

pub(crate) fn measure(binary: &Path, runtime: &Runtime) -> Result<()> {
    let quiet = [("RUST_LOG", "error"), ("TICKETING_THROTTLE", "off")];
    let system = System::start(binary, Form::AllInOne, &quiet)?;
    let target = Target::new(system.url(), Record::new());
    runtime.block_on(async {
        let seller = Session::sign_up(&target, "seller").await?;
        eprintln!("{BUYERS} buyers sign up");
        let buyers = crowd(&target).await?;
        let alone = alone(&seller, &buyers[0]).await?;
        let answers = rush(&seller, &buyers).await?;
        let won = answers.iter().filter(|answer| answer.status == 201).count();
        let refused = answers.iter().filter(|answer| answer.status == 409).count();
        if won + refused != BUYERS {
            return Err(format!("{won} of 201 and {refused} of 409 are not {BUYERS}").into());
        }
        let mut took: Vec<_> = answers.iter().map(|answer| answer.took).collect();
        took.sort_unstable();
        println!("{}", Figure::at_most("rush-won", won as f64, 1.0, "orders"));
        let (slow, alone) = (ms(percentile(&took, 0.99)), ms(alone));
        println!("{}", Figure::at_most_ratio("rush-p99", slow, alone, 10.0, "ms"));
        let calm = ms(calm(&seller, &buyers).await?);
        println!("{}", Figure::new("rush-p99-vs-a-ticket-each", slow, calm, "ms"));
        let idle = ms(idle(&buyers).await?);
        println!("{}", Figure::new("rush-p99-vs-a-health-check-each", slow, idle, "ms"));
        Ok(())
    })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn crowd(target: &Target) -> Result<Vec<Session>> {
    let mut buyers = Vec::with_capacity(BUYERS);
    let mut joining = JoinSet::new();
    for _ in 0..BUYERS {
        let target = target.clone();
        joining.spawn(async move { Session::sign_up(&target, "buyer").await });
        if joining.len() >= SIGN_UPS
            && let Some(joined) = joining.join_next().await
        {
            buyers.push(joined??);
        }
    }
    while let Some(joined) = joining.join_next().await {
        buyers.push(joined??);
    }
    Ok(buyers)
}

/// The median time of an order that nobody else wants.
async fn alone(seller: &Session, buyer: &Session) -> Result<Duration> {
    let mut connection = Connection::open(buyer).await?;
    let mut took = Vec::with_capacity(ALONE);
    for _ in 0..ALONE {
        let ticket = offer(seller).await?;
        let answer = connection.send(&order(buyer, &ticket)).await?;
        if answer.status != 201 {
            return Err(format!("an order nobody else wants: {:?}", answer.document()).into());
        }
        took.push(answer.took);
    }
    took.sort_unstable();
    Ok(percentile(&took, 0.5))
}

/// The time within which 99 % are answered of as many buyers at once, each of whom wants another
/// ticket: what of the rush is the crowd, and not the one ticket.
async fn calm(seller: &Session, buyers: &[Session]) -> Result<Duration> {
    let mut tickets = Vec::with_capacity(buyers.len());
    for _ in buyers {
        tickets.push(offer(seller).await?);
    }
    let orders = buyers.iter().zip(&tickets).map(|(buyer, ticket)| order(buyer, ticket));
    slowest(&at_once(buyers, orders.collect()).await?, 201)
}

/// The same for as many requests that nothing is done for: what of the rush is two programs that
/// share this machine to exchange a thousand requests and answers.
async fn idle(buyers: &[Session]) -> Result<Duration> {
    let checks = buyers.iter().map(|buyer| Request::get(buyer, "/livez"));
    slowest(&at_once(buyers, checks.collect()).await?, 200)
}

/// The time within which 99 % were answered, all with the expected status.
fn slowest(answers: &[Reply], status: u16) -> Result<Duration> {
    if let Some(odd) = answers.iter().find(|answer| answer.status != status) {
        return Err(format!("not {status}, but {}: {:?}", odd.status, odd.document()).into());
    }
    let mut took: Vec<_> = answers.iter().map(|answer| answer.took).collect();
    took.sort_unstable();
    Ok(percentile(&took, 0.99))
}

async fn rush(seller: &Session, buyers: &[Session]) -> Result<Vec<Reply>> {
    let ticket = offer(seller).await?;
    at_once(buyers, buyers.iter().map(|buyer| order(buyer, &ticket)).collect()).await
}

/// Lets each buyer send their request at the same moment.
async fn at_once(buyers: &[Session], requests: Vec<Request>) -> Result<Vec<Reply>> {
    let start = Arc::new(Barrier::new(buyers.len()));
    let mut ordering = JoinSet::new();
    for (buyer, request) in buyers.iter().zip(requests) {
        let start = start.clone();
        let look = Request::get(buyer, "/api/orders?limit=1");
        // Who waits for the sale to begin has the page open: a connection, and a session that was
        // looked at.
        let mut connection = Connection::open(buyer).await?;
        ordering.spawn(async move {
            let looked = connection.send(&look).await.map_err(|error| error.to_string());
            start.wait().await;
            looked?;
            connection.send(&request).await.map_err(|error| error.to_string())
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = ordering.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

/// Offers a ticket, and waits until the orders service knows it: the seller is told that it is the
/// own one.
async fn offer(seller: &Session) -> Result<Value> {
    let body = json!({ "title": "One seat", "price": 4500 });
    let ticket = seller.post(Kind::Sell, "/api/tickets", &body).await?.document;
    let wanted = json!({ "ticketId": ticket["id"] });
    let ask = || seller.post(Kind::Check, "/api/orders", &wanted);
    until(ask, |answer| answer.code() == "own_ticket").await?;
    Ok(ticket)
}

fn order(buyer: &Session, ticket: &Value) -> Request {
    Request::post(buyer, "/api/orders", &json!({ "ticketId": ticket["id"] }))
}
