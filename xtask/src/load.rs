//! `cargo xtask load`: builds the ticketing system and its load driver in release, and runs the
//! driver, which has the help and the arguments.

use std::process::ExitCode;

use crate::{
    cli::LoadOptions,
    failure::{Failure, Result},
    process,
    workspace::{self, Workspace},
};

pub(crate) fn run(options: &LoadOptions) -> Result<ExitCode> {
    let packages = ["--package", "ticketing", "--package", "ticketing-load"];
    let mut build = Workspace::Ticketing.cargo(&["build", "--release", "--quiet"]);
    if !process::run(build.args(packages))? {
        return Err(Failure::new("the ticketing system does not build"));
    }
    let programs = workspace::target().join("release");
    let mut driver = std::process::Command::new(programs.join("ticketing-load"));
    driver.args(&options.arguments).env("TICKETING_BINARY", programs.join("ticketing"));
    Ok(if process::run(&mut driver)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
