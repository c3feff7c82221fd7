//! `cargo xtask load`: builds the ticketing system and its load driver, and runs the driver, which
//! has the help and the other arguments.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

use crate::{
    cli::LoadOptions,
    failure::{Failure, Result},
    process,
    workspace::{self, Workspace},
};

/// The systems whose reports are in the book.
const SYSTEMS: [&str; 2] = ["all-in-one", "distributed"];

pub(crate) fn run(options: &LoadOptions) -> Result<ExitCode> {
    let mut arguments = options.arguments.clone();
    let mut take = |flag: &str| {
        let count = arguments.len();
        arguments.retain(|argument| argument != flag);
        arguments.len() < count
    };
    let (docs, debug) = (take("--docs"), take("--debug"));
    build(debug)?;
    if !docs {
        return Ok(code(drive(debug, &arguments)?));
    }
    let book = workspace::root().join("docs/src/load");
    let mut sound = true;
    for system in SYSTEMS {
        let mut all: Vec<OsString> = ["--system", system, "--report"].map(Into::into).into();
        all.push(book.join(system).into());
        all.extend(arguments.iter().cloned());
        sound &= drive(debug, &all)?;
    }
    Ok(code(sound))
}

fn build(debug: bool) -> Result<()> {
    let packages = ["--package", "ticketing", "--package", "ticketing-load"];
    let mut build = Workspace::Ticketing.cargo(&["build", "--quiet"]);
    build.args(packages);
    if !debug {
        build.arg("--release");
    }
    if process::run(&mut build)? {
        return Ok(());
    }
    Err(Failure::new("the ticketing system does not build"))
}

fn drive(debug: bool, arguments: &[OsString]) -> Result<bool> {
    let programs = workspace::target().join(if debug { "debug" } else { "release" });
    let mut driver = Command::new(programs.join("ticketing-load"));
    driver.args(arguments).env("TICKETING_BINARY", programs.join("ticketing"));
    process::run(&mut driver)
}

fn code(sound: bool) -> ExitCode {
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
