//! `cargo xtask bench ticketing`: the marketplace as a whole, from outside.
//!
//! | figure | bound |
//! |---|---|
//! | orders for distinct tickets on PostgreSQL, a second, of the orders service | 0.6 of pgbench with the same statements |
//! | the same of the process with all services, which do what follows meanwhile | none |
//! | 1,000 buyers at one ticket: answers of 201 | 1 |
//! | the same: the answer that 99 % are quicker than | 10 times the median without a rush |
//! | the same beside 1,000 buyers at a ticket each | none |
//! | list, buy, lock, pay, complete over RabbitMQ: median of the waiting | 60 ms |
//! | memory of the idle process, and after 1,000 sign-ups | 80 MB |
//! | start on an empty folder, and on 100,000 tickets | 500 ms |
//!
//! The program is built in release first. Figures go to standard output, all else to standard error.
//! Names of groups (`idle`, `rush`, `story`, `orders`) as arguments measure those alone.

mod idle;
mod orders;
mod program;
mod rush;
mod story;
mod wire;

use std::{path::Path, process::ExitCode};

use tokio::runtime::Runtime;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

type Measure = fn(&Path, &Runtime) -> Result<()>;

const GROUPS: [(&str, Measure); 4] = [
    ("idle", idle::measure),
    ("rush", rush::measure),
    ("story", story::measure),
    ("orders", orders::measure),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    if let Some(odd) = chosen.iter().find(|name| GROUPS.iter().all(|(group, _)| group != name)) {
        let groups: Vec<_> = GROUPS.iter().map(|(group, _)| *group).collect();
        return Err(format!("no group {odd:?}; there are: {}", groups.join(", ")).into());
    }
    let binary = program::build()?;
    // Systems and servers are started on this thread, with which the kernel ends them.
    // One thread to drive them, as pgbench has: what the driver takes of the machine, they lack.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (group, measure) in GROUPS {
        if chosen.is_empty() || chosen.iter().any(|chosen| chosen == group) {
            measure(&binary, &runtime)?;
        }
    }
    Ok(())
}
