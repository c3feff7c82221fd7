//! Memory and start of the process with all services.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use ticketing_load::{
    Record, Session, System, record::Kind, session::Target, system::Form, trade::until,
};
use ticketkit_bench::Figure;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::Result;

pub(crate) const MEMORY: f64 = 80.0;
const START: f64 = 500.0;
const TICKETS: usize = 100_000;
/// Of a debug build, whose figures say nothing.
const FEW: usize = 2_000;
/// How many tickets are made at the same time.
const MAKERS: usize = 64;

/// How long the news of the tickets may take after the last one was made.
const CAUGHT_UP: Duration = Duration::from_secs(300);

const QUIET: [(&str, &str); 2] = [("RUST_LOG", "warn"), ("TICKETING_THROTTLE", "off")];

pub(crate) fn measure(binary: &Path, runtime: &Runtime) -> Result<()> {
    let mut system = System::start(binary, Form::AllInOne, &QUIET)?;
    let ms = |system: &System| system.ready_after().as_secs_f64() * 1e3;
    println!("{}", Figure::at_most("start-empty", ms(&system), START, "ms"));
    thread::sleep(Duration::from_secs(3));
    println!("{}", Figure::at_most("idle-memory", resident(system.id())?, MEMORY, "MB"));

    let tickets = if cfg!(debug_assertions) { FEW } else { TICKETS };
    eprintln!("making {tickets} tickets");
    let url = system.url().to_owned();
    runtime.block_on(fill(&url, tickets))?;
    system.restart(Form::AllInOne, &QUIET)?;
    println!("{}", Figure::at_most("start-100k-tickets", ms(&system), START, "ms"));
    thread::sleep(Duration::from_secs(3));
    println!(
        "{}",
        Figure::at_most("idle-memory-100k-tickets", resident(system.id())?, MEMORY, "MB")
    );
    Ok(())
}

/// The memory of a process that is its own, in megabytes.
pub(crate) fn resident(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb: f64 = line
        .and_then(|line| line.trim().strip_suffix("kB"))
        .ok_or("no VmRSS: is this Linux?")?
        .trim()
        .parse()?;
    Ok(kb * 1024.0 / 1e6)
}

/// Makes the tickets, and waits until orders has heard of them: a start with events to catch up with
/// is another thing.
async fn fill(url: &str, tickets: usize) -> Result<()> {
    let target = Target::new(url, Record::new());
    let seller = Session::sign_up(&target, "seller").await?;
    let mut makers = JoinSet::new();
    for maker in 0..MAKERS {
        let seller = seller.clone();
        makers.spawn(async move {
            let mut last = Value::Null;
            for number in (maker..tickets).step_by(MAKERS) {
                let body = json!({ "title": format!("Ticket {number}"), "price": 4500 });
                let answer = seller.post(Kind::Sell, "/api/tickets", &body).await;
                let answer = answer.map_err(|error| format!("ticket {number}: {error:?}"))?;
                if answer.status != 201 {
                    return Err(format!("ticket {number}: {:?}", answer.document));
                }
                last = json!({ "ticketId": answer.document["id"] });
            }
            Ok(last)
        });
    }
    let mut last = Vec::new();
    while let Some(made) = makers.join_next().await {
        last.push(made??);
    }
    let began = Instant::now();
    for ticket in &last {
        let ask = || seller.post(Kind::Check, "/api/orders", ticket);
        // The seller is told that it is the own one as soon as it is known.
        while until(ask, |answer| answer.code() == "own_ticket").await?.code() != "own_ticket" {
            if began.elapsed() > CAUGHT_UP {
                return Err(format!("orders does not hear of the tickets in {CAUGHT_UP:?}").into());
            }
        }
    }
    Ok(())
}
