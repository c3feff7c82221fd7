//! `cargo xtask bench NAME`: one benchmark, measured in release and shown line by line.
//!
//! The benchmarks are packages `bench-NAME` in the folders of `benches/`, a workspace of their own.
//! Their programs print a line per figure; this module builds and runs them, and shows each
//! [`Figure`] for people or as JSON. A figure that breaks its bound makes the command fail. What a
//! package needs, by `needs = "RabbitMQ"` in its `[package.metadata.ticketkit]`, is installed and
//! started for it; with `installed` in the sentence it starts its own.

mod figure;

use std::process::{Command, ExitCode};

use self::figure::Figure;
use crate::{
    cli::BenchOptions,
    failure::{Failure, Result, ResultExt as _},
    install,
    needs::Needs,
    process,
    servers::Servers,
    workspace::{self, Workspace},
};

pub(crate) fn run(options: &BenchOptions) -> Result<ExitCode> {
    let names = names()?;
    let name = options.name.as_deref().unwrap_or_default();
    if !names.iter().any(|known| known == name) {
        return Err(Failure::Usage(format!(
            "no benchmark `{name}`; there are: {}",
            names.join(", ")
        )));
    }
    let package = format!("bench-{name}");
    let mut build = cargo("build", &package);
    if !process::run(build.arg("--quiet"))? {
        return Err(Failure::new(format!("`{package}` does not build")));
    }
    let manifest = workspace::root().join("benches").join(name).join("Cargo.toml");
    let manifest = std::fs::read_to_string(&manifest).or_say(manifest.display())?;
    let needs = Needs::of_manifest(&manifest);
    let missing = install::ensure(&needs.programs, false)?;
    if !missing.is_empty() {
        return Err(Failure::new(format!(
            "missing {}; type: {}",
            install::list(&missing),
            install::advice(&missing)
        )));
    }
    let servers = Servers::start(&needs.running)?;
    let mut broken = Vec::new();
    let mut odd = None;
    if !options.json {
        println!("{}", Figure::HEAD);
    }
    let mut program = program(&package);
    servers.tell(&mut program);
    let status = process::run_each_line(&mut program, |line| match Figure::parse(line) {
        Some(figure) => {
            println!("{}", if options.json { figure.to_json() } else { figure.to_text() });
            if figure.broken().is_some() {
                broken.push(figure.name.clone());
            }
        }
        None => odd = Some(line.to_owned()),
    })?;
    if let Some(line) = odd {
        return Err(Failure::new(format!("`{package}` printed a line that is no figure: {line}")));
    }
    if !status.success() {
        return Err(Failure::new(format!("`{package}` ended with {status}")));
    }
    if broken.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("bounds that are not kept: {}", broken.join(", "));
    Ok(ExitCode::FAILURE)
}

/// The names of the benchmarks: the folders with a program.
fn names() -> Result<Vec<String>> {
    let folder = workspace::root().join("benches");
    let entries = std::fs::read_dir(&folder).or_say(folder.display())?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("src/main.rs").exists())
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

fn cargo(command: &str, package: &str) -> Command {
    let mut cargo = Workspace::Crates.cargo(&[command, "--release", "--package", package]);
    cargo.arg("--manifest-path").arg(workspace::root().join("benches/Cargo.toml"));
    cargo
}

/// The built program itself: through cargo, its lines would mix with cargo's.
fn program(package: &str) -> Command {
    Command::new(workspace::target().join("release").join(package))
}
