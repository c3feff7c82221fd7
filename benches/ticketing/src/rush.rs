//! 1,000 buyers at one ticket, and once more at the next.

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
use tokio::{runtime::Runtime, sync::Barrier, task::JoinSet, time::sleep};

use crate::{
    Result,
    idle::{MEMORY, resident},
    wire::{Connection, Reply, Request},
};

const BUYERS: usize = 1_000;
const ALONE: usize = 200;
const SIGN_UPS: usize = 8;
const RUSHES: usize = 9;
const REST: Duration = Duration::from_secs(1);

pub(crate) fn measure(binary: &Path, runtime: &Runtime) -> Result<()> {
    let quiet = [("RUST_LOG", "error"), ("TICKETING_THROTTLE", "off")];
    let system = System::start(binary, Form::AllInOne, &quiet)?;
    let target = Target::new(system.url(), Record::new());
    runtime.block_on(async {
        let seller = Session::sign_up(&target, "seller").await?;
        eprintln!("{BUYERS} buyers sign up");
        let buyers = crowd(&target).await?;
        let memory = resident(system.id())?;
        println!("{}", Figure::at_most("memory-after-sign-ups", memory, MEMORY, "MB"));
        let alone = alone(&seller, &buyers[0]).await?;
        let (won, slow) = rushes(&seller, &buyers).await?;
        println!("{}", Figure::at_most("rush-won", won as f64, 1.0, "orders"));
        let (slow, alone) = (ms(slow), ms(alone));
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

/// Some rushes, each for a ticket of its own: the most orders that were placed in one, and the time
/// within which 99 % were answered in the median of them.
async fn rushes(seller: &Session, buyers: &[Session]) -> Result<(usize, Duration)> {
    let mut rounds = Vec::new();
    for _ in 0..RUSHES {
        let ticket = offer(seller).await?;
        rounds.push(buyers.iter().map(|buyer| order(buyer, &ticket)).collect());
    }
    let (mut most, mut slow) = (0, Vec::new());
    for answers in at_once(buyers, rounds).await? {
        let won = answers.iter().filter(|answer| answer.status == 201).count();
        let refused = answers.iter().filter(|answer| answer.status == 409).count();
        if won + refused != BUYERS || won == 0 {
            return Err(format!("{won} of 201 and {refused} of 409 are not {BUYERS}").into());
        }
        most = most.max(won);
        slow.push(slowest(&answers));
    }
    Ok((most, median(slow)))
}

/// The time within which 99 % are answered of as many buyers at once, each of whom wants another
/// ticket: what of the rush is the crowd, and not the one ticket.
async fn calm(seller: &Session, buyers: &[Session]) -> Result<Duration> {
    let mut tickets = Vec::with_capacity(buyers.len());
    for _ in buyers {
        tickets.push(offer(seller).await?);
    }
    let orders = buyers.iter().zip(&tickets).map(|(buyer, ticket)| order(buyer, ticket));
    alike(at_once(buyers, vec![orders.collect()]).await?, 201)
}

/// The same for as many requests that nothing is done for: what of the rush is two programs that
/// share this machine to exchange a thousand requests and answers.
async fn idle(buyers: &[Session]) -> Result<Duration> {
    let check = || buyers.iter().map(|buyer| Request::get(buyer, "/livez")).collect();
    alike(at_once(buyers, (0..RUSHES).map(|_| check()).collect()).await?, 200)
}

/// The time within which 99 % were answered, in the median of some rounds; all with the expected
/// status.
fn alike(rounds: Vec<Vec<Reply>>, status: u16) -> Result<Duration> {
    if let Some(odd) = rounds.iter().flatten().find(|answer| answer.status != status) {
        return Err(format!("not {status}, but {}: {:?}", odd.status, odd.document()).into());
    }
    Ok(median(rounds.iter().map(|answers| slowest(answers)).collect()))
}

/// The time within which 99 % were answered.
fn slowest(answers: &[Reply]) -> Duration {
    let mut took: Vec<_> = answers.iter().map(|answer| answer.took).collect();
    took.sort_unstable();
    percentile(&took, 0.99)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    percentile(&times, 0.5)
}

/// Lets each buyer send their request at the same moment, in several rounds; returns the answers of
/// each round.
async fn at_once(buyers: &[Session], rounds: Vec<Vec<Request>>) -> Result<Vec<Vec<Reply>>> {
    let start = Arc::new(Barrier::new(buyers.len()));
    let mut ordering = JoinSet::new();
    let mut answers: Vec<_> = rounds.iter().map(|_| Vec::with_capacity(buyers.len())).collect();
    for (of, buyer) in buyers.iter().enumerate() {
        let start = start.clone();
        let requests: Vec<_> = rounds.iter().map(|round| round[of].clone()).collect();
        let look = Request::get(buyer, "/api/orders?limit=1");
        // Who waits for the sale to begin has the page open: a connection, and a session that was
        // looked at.
        let mut connection = Connection::open(buyer).await?;
        ordering.spawn(async move {
            let mut answers = vec![connection.send(&look).await];
            for request in &requests {
                // What follows of the round before is done.
                sleep(REST).await;
                start.wait().await;
                answers.push(connection.send(request).await);
            }
            answers.into_iter().collect::<Result<Vec<_>>>().map_err(|error| error.to_string())
        });
    }
    while let Some(of_one) = ordering.join_next().await {
        for (round, answer) in answers.iter_mut().zip(of_one??.into_iter().skip(1)) {
            round.push(answer);
        }
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
