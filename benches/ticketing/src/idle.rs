//! Memory and start of the process with all services.

use std::{fs, path::Path, thread, time::Duration};

use serde_json::json;
use ticketing_load::{Record, Session, System, record::Kind, session::Target, system::Form};
use ticketkit_bench::Figure;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::Result;

const MEMORY: f64 = 80.0;
const START: f64 = 500.0;
const TICKETS: usize = 100_000;
/// How many tickets are made at the same time.
const MAKERS: usize = 64;

const QUIET: [(&str, &str); 2] = [("RUST_LOG", "warn"), ("TICKETING_THROTTLE", "off")];

pub(crate) fn measure(binary: &Path, runtime: &Runtime) -> Result<()> {
    let mut system = System::start(binary, Form::AllInOne, &QUIET)?;
    let ms = |system: &System| system.ready_after().as_secs_f64() * 1e3;
    println!("{}", Figure::at_most("start-empty", ms(&system), START, "ms"));
    thread::sleep(Duration::from_secs(3));
    println!("{}", Figure::at_most("idle-memory", resident(system.id())?, MEMORY, "MB"));

    eprintln!("making {TICKETS} tickets");
    let url = system.url().to_owned();
    runtime.block_on(fill(&url))?;
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
fn resident(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb: f64 = line
        .and_then(|line| line.trim().strip_suffix("kB"))
        .ok_or("no VmRSS: is this Linux?")?
        .trim()
        .parse()?;
    Ok(kb * 1024.0 / 1e6)
}

async fn fill(url: &str) -> Result<()> {
    let target = Target::new(url, Record::new());
    let seller = Session::sign_up(&target, "seller").await?;
    let mut makers = JoinSet::new();
    for maker in 0..MAKERS {
        let seller = seller.clone();
        makers.spawn(async move {
            for number in (maker..TICKETS).step_by(MAKERS) {
                let body = json!({ "title": format!("Ticket {number}"), "price": 4500 });
                let answer = seller.post(Kind::Sell, "/api/tickets", &body).await;
                let made = answer.as_ref().is_ok_and(|answer| answer.status == 201);
                assert!(made, "ticket {number}: {answer:?}");
            }
        });
    }
    while let Some(maker) = makers.join_next().await {
        maker?;
    }
    Ok(())
}
