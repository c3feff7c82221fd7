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
//! | memory of the idle process | 80 MB |
//! | start on an empty folder, and on 100,000 tickets | 500 ms |
//!
//! The program is built in release first. Figures go to standard output, all else to standard error.

mod idle;
mod orders;
mod program;
mod rush;
mod story;

use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

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
    let binary = program::build()?;
    // Systems and servers are started on this thread, with which the kernel ends them.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    idle::measure(&binary, &runtime)?;
    rush::measure(&binary, &runtime)?;
    story::measure(&binary, &runtime)?;
    orders::measure(&binary, &runtime)
}
