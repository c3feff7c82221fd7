//! `dev`: the project built, run and kept current until Ctrl-C.

use std::path::Path;

use crate::{cli::Dev, failure::Failure, report::Report};

#[cfg(unix)]
pub(crate) fn run(folder: &Path, dev: &Dev, json: bool) -> Result<Report, Failure> {
    let (root, answers) = crate::project::look(folder)?;
    crate::dev::run(&root, &answers, &crate::dev::Options { polls: dev.poll, json })?;
    Ok(Report::new("dev"))
}

/// Draining is asked for by a signal, which other systems do not have.
#[cfg(not(unix))]
pub(crate) fn run(_: &Path, _: &Dev, _: bool) -> Result<Report, Failure> {
    Err(Failure::no("dev runs on Linux and macOS alone: use `cargo run`"))
}
