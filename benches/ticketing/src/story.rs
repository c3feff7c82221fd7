//! List, buy, lock, pay, complete: how long one waits for the services to hear of each other.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::json;
use ticketing_load::{
    Record, Session, System,
    record::{Kind, percentile},
    session::{Answer, AskError, Target},
    system::Form,
};
use ticketkit_bench::Figure;
use tokio::{runtime::Runtime, time::sleep};

use crate::Result;

const WAITING: f64 = 60.0;
const STORIES: usize = 100;
/// The first ones fill caches and pools.
const WARM_UP: usize = 10;
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn measure(binary: &Path, runtime: &Runtime) -> Result<()> {
    let quiet = [("RUST_LOG", "error"), ("TICKETING_THROTTLE", "off")];
    eprintln!("starting the distributed system");
    let system = System::start(binary, Form::Distributed(1), &quiet)?;
    let target = Target::new(system.url(), Record::new());
    let mut waited = runtime.block_on(async {
        let seller = Session::sign_up(&target, "seller").await?;
        let buyer = Session::sign_up(&target, "buyer").await?;
        let mut waited = Vec::new();
        for number in 0..WARM_UP + STORIES {
            let took = story(&seller, &buyer).await?;
            if number >= WARM_UP {
                waited.push(took);
            }
        }
        Result::Ok(waited)
    })?;
    waited.sort_unstable();
    let median = percentile(&waited, 0.5).as_secs_f64() * 1e3;
    println!("{}", Figure::at_most("story-waiting-median", median, WAITING, "ms"));
    let slow = percentile(&waited, 0.99).as_secs_f64() * 1e3;
    println!("{}", Figure::new("story-waiting-p99", slow, WAITING, "ms"));
    Ok(())
}

/// Plays the story once, and returns how long it waited: from the answer after which there is
/// nothing to do but wait, to the answer that shows the news.
async fn story(seller: &Session, buyer: &Session) -> Result<Duration> {
    let mut waited = Duration::ZERO;
    let body = json!({ "title": "A seat", "price": 4500 });
    let ticket = seller.post(Kind::Sell, "/api/tickets", &body).await?.document;

    let body = json!({ "ticketId": ticket["id"] });
    let order = wait(
        &mut waited,
        || buyer.post(Kind::Order, "/api/orders", &body),
        |answer| answer.status == 201,
    )
    .await?;
    let path = format!("/api/orders/{}", order.document["id"].as_str().unwrap_or_default());
    let read = || buyer.get(Kind::ReadOrder, &path);
    let is = |status: &'static str| move |answer: &Answer| answer.document["status"] == status;
    wait(&mut waited, read, is("awaiting_payment")).await?;

    let body = json!({ "orderId": order.document["id"], "token": "pm_card_visa" });
    wait(
        &mut waited,
        || buyer.post(Kind::Pay, "/api/payments", &body),
        |answer| answer.status == 201,
    )
    .await?;
    wait(&mut waited, read, is("complete")).await?;
    Ok(waited)
}

/// Asks until the news is there; what the last answer took is no waiting.
async fn wait<F>(
    waited: &mut Duration,
    mut ask: impl FnMut() -> F,
    is_there: impl Fn(&Answer) -> bool,
) -> Result<Answer>
where
    F: Future<Output = std::result::Result<Answer, AskError>>,
{
    let began = Instant::now();
    loop {
        let asked = Instant::now();
        let answer = ask().await?;
        if is_there(&answer) {
            *waited += asked.duration_since(began);
            return Ok(answer);
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("the news does not come: {:?}", answer.document).into());
        }
        sleep(Duration::from_millis(1)).await;
    }
}
