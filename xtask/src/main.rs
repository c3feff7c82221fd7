//! Development commands of TicketKit: `cargo xtask --help`.
//!
//! * [`mod@test`] runs every test of both workspaces and brings what they need.
//! * [`ci`] runs all checks, the tests last.
//! * [`mod@bench`] measures, and compares with peers.
//! * [`load`] runs the load driver of the ticketing system.
//! * [`screenshots`] takes pictures of its pages.
//! * [`servers`] starts private PostgreSQL and RabbitMQ instances.
//!
//! The rest is what these stand on: [`cli`] reads the command line, [`process`] runs children so
//! that Ctrl-C ends them, [`needs`] knows what a test says it needs, [`install`] brings it.

mod bench;
mod ci;
mod cli;
mod failure;
mod install;
mod load;
mod needs;
mod process;
mod screenshots;
mod servers;
mod signals;
mod test;
mod workspace;

use std::process::ExitCode;

use crate::{
    cli::Command,
    failure::{Failure, Result},
};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(Failure::Message(message)) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
        Err(Failure::Usage(message)) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
        // What a shell reports of a program that Ctrl-C ended.
        Err(Failure::Interrupted) => ExitCode::from(130),
    }
}

fn run() -> Result<ExitCode> {
    let command = cli::parse()?;
    signals::catch()?;
    match command {
        Command::Help(text) => {
            print!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Test(options) => test::run(&options),
        Command::Ci(options) => ci::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Load(options) => load::run(&options),
        Command::Screenshots(options) => screenshots::run(&options),
        Command::Servers(options) => servers::run(&options),
    }
}
