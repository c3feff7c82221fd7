//! `cargo xtask bench cli`: how long one waits for a new project, its first build, and a change.
//!
//! | figure | bound |
//! |---|---|
//! | `new` with accounts: median of the time | 100 ms |
//! | crates in the lock file of the project with its first service (SQLite, embedded engine, accounts) | 0.6 of what `loco new` with SQLite has |
//! | its first build, with the crates downloaded | 0.6 of the same |
//! | from the change of a handler to the new answer, under `dev` | 1.3 of `cargo build` and a start |
//!
//! The peer is `loco new --db sqlite --bg async --assets none`, generated and built in the same run
//! where the program `loco` is there (`cargo install loco`). Where it is not, crates are held against
//! the 599 of loco 1.2 (November 2026), and the build against nothing.

mod change;
mod peer;
mod project;

use std::{
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use ticketkit_bench::Figure;

use crate::project::Project;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const OF_PEER: f64 = 0.6;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let program = project::program()?;
    rendering(&program)?;
    let folder = tempfile::tempdir()?;
    let ours = Project::make(&program, folder.path())?;
    ours.fetch()?;
    let crates = ours.crates()?;
    let peer = peer::make(folder.path())?;
    let theirs = peer.as_ref().map_or(Ok(peer::CRATES), Project::crates)?;
    println!("{}", Figure::at_most_ratio("crates", crates, theirs, OF_PEER, "crates"));
    let built = ours.build()?.as_secs_f64();
    match peer {
        Some(peer) => {
            peer.fetch()?;
            let theirs = peer.build()?.as_secs_f64();
            println!("{}", Figure::at_most_ratio("first-build", built, theirs, OF_PEER, "s"));
        }
        None => eprintln!("the first build took {built:.0} s; no loco here to compare it with"),
    }
    change::measure(&program, &ours)
}

/// A project of two services, one of them `auth`, written again and again.
fn rendering(program: &std::path::Path) -> Result<()> {
    const TIMES: usize = 21;
    const MOST: f64 = 100.0;
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let folder = tempfile::tempdir()?;
        let begun = Instant::now();
        Project::make(program, folder.path())?;
        took.push(begun.elapsed());
    }
    let median = median(took).as_secs_f64() * 1e3;
    println!("{}", Figure::at_most("new", median, MOST, "ms"));
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Runs a command to its end; what it says is shown if it fails.
fn done(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{command:?} failed ({}): {said}", output.status).into())
}
