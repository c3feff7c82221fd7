//! `cargo xtask ci`: all checks, one after the other, and a table of how they ended.
//!
//! Every check runs even if one before it failed, so that one round shows everything. The order
//! is by cost, the cheap ones first.

use std::{
    fs,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use crate::{
    cli::{CiOptions, TestOptions},
    failure::{Failure, Result, ResultExt as _},
    process, test,
    workspace::{self, Workspace},
};

/// The library crates, by their folders.
const LIBRARIES: [&str; 4] =
    ["ticketkit-core/macros", "ticketkit-core", "ticketkit-auth", "ticketkit-events"];

/// The crates that are published.
const PUBLISHED: [&str; 5] =
    ["ticketkit-macros", "ticketkit-core", "ticketkit-auth", "ticketkit-events", "ticketkit-cli"];

const DENY: &str = "cargo install cargo-deny --locked";

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped(String),
}

pub(crate) fn run(options: &CiOptions) -> Result<ExitCode> {
    let mut table = Table::default();
    table.step("format", format)?;
    table.step("clippy", clippy)?;
    table.step("docs", docs)?;
    table.step("features", features)?;
    table.step("packages", packages)?;
    table.step("licences", licences)?;
    table.step("advisories", advisories)?;
    if options.skip_tests {
        table.step("tests", || Ok(Outcome::Skipped("--skip-tests".into())))?;
    } else {
        table.step("tests", || tests(options.no_install))?;
    }
    Ok(table.print())
}

fn format() -> Result<Outcome> {
    each(|workspace| workspace.cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<Outcome> {
    each(|workspace| {
        workspace.cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ])
    })
}

fn docs() -> Result<Outcome> {
    each(|workspace| {
        let mut doc = workspace.cargo(&["doc", "--workspace", "--all-features", "--no-deps"]);
        doc.env("RUSTDOCFLAGS", "-D warnings");
        doc
    })
}

/// Each library with no feature and with each feature alone; with all it was checked by clippy.
fn features() -> Result<Outcome> {
    let mut all_passed = true;
    for library in LIBRARIES {
        let manifest = workspace::root().join(library).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).or_say(manifest.display())?;
        for feature in [""].into_iter().chain(features_in(&text)) {
            println!("   {library}: {}", if feature.is_empty() { "no feature" } else { feature });
            let mut check = Workspace::Crates.cargo(&["check", "--quiet", "--manifest-path"]);
            check.arg(&manifest).args(["--no-default-features", "--features", feature]);
            all_passed &= process::run(&mut check)?;
        }
    }
    Ok(if all_passed { Outcome::Passed } else { Outcome::Failed })
}

/// Each published crate as it would be uploaded, the ones that they need from beside them.
///
/// They are not built from there, which would take as long as everything above.
fn packages() -> Result<Outcome> {
    let mut package = Workspace::Crates.cargo(&["package", "--quiet", "--no-verify", "--offline"]);
    package.arg("--allow-dirty");
    for name in PUBLISHED {
        package.args(["--package", name]);
    }
    Ok(if process::run(&mut package)? { Outcome::Passed } else { Outcome::Failed })
}

/// Reads the names in the table of features of a manifest.
fn features_in(manifest: &str) -> Vec<&str> {
    let Some((_, table)) = manifest.split_once("[features]\n") else { return Vec::new() };
    let table = table.split_once("\n[").map_or(table, |(table, _)| table);
    // What is indented continues a list that is written over several lines.
    let names = table.lines().filter(|line| !line.starts_with([' ', '#', ']']));
    names
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .filter(|name| *name != "default")
        .collect()
}

/// Licences, sources and versions: what cargo-deny can judge without a network.
fn licences() -> Result<Outcome> {
    if !has_deny()? {
        return Ok(Outcome::Skipped(format!("no cargo-deny; type: {DENY}")));
    }
    deny(&["bans", "licenses", "sources"])
}

/// Known vulnerabilities, of which the list has to be fetched.
fn advisories() -> Result<Outcome> {
    if !has_deny()? {
        return Ok(Outcome::Skipped(format!("no cargo-deny; type: {DENY}")));
    }
    if !process::run(&mut Workspace::Crates.cargo(&["deny", "fetch", "db"]))? {
        return Ok(Outcome::Skipped("the list of advisories can't be fetched".into()));
    }
    deny(&["advisories"])
}

fn has_deny() -> Result<bool> {
    let mut version = Workspace::Crates.cargo(&["deny", "--version"]);
    let (status, _) = process::output(version.stderr(Stdio::null()))?;
    Ok(status.success())
}

fn deny(checks: &[&str]) -> Result<Outcome> {
    let config = workspace::root().join("deny.toml");
    each(|workspace| {
        let mut deny = workspace.cargo(&["deny", "--all-features", "--config"]);
        deny.arg(&config).arg("check").args(checks);
        deny
    })
}

fn tests(no_install: bool) -> Result<Outcome> {
    let mut summary = test::Summary::begin();
    let result =
        test::run_into(&TestOptions { no_install, ..TestOptions::default() }, &mut summary);
    summary.print();
    match result {
        Err(Failure::Message(message)) => {
            eprintln!("error: {message}");
            Ok(Outcome::Failed)
        }
        Err(other) => Err(other),
        Ok(()) if summary.succeeded() && !summary.is_empty() => Ok(Outcome::Passed),
        Ok(()) => Ok(Outcome::Failed),
    }
}

/// Runs a command in both workspaces, the second even if the first failed.
fn each(command: impl Fn(Workspace) -> Command) -> Result<Outcome> {
    let mut all_passed = true;
    for workspace in Workspace::ALL {
        all_passed &= process::run(&mut command(workspace))?;
    }
    Ok(if all_passed { Outcome::Passed } else { Outcome::Failed })
}

/// The checks so far.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<(&'static str, Outcome, Duration)>,
}

impl Table {
    fn step(&mut self, name: &'static str, check: impl FnOnce() -> Result<Outcome>) -> Result<()> {
        println!("\n=== {name}");
        let begun = Instant::now();
        let outcome = check()?;
        self.rows.push((name, outcome, begun.elapsed()));
        Ok(())
    }

    fn print(&self) -> ExitCode {
        println!();
        for (name, outcome, took) in &self.rows {
            let outcome = match outcome {
                Outcome::Passed => "passed".to_owned(),
                Outcome::Failed => "FAILED".to_owned(),
                Outcome::Skipped(why) => format!("SKIPPED: {why}"),
            };
            println!("{name:<24} {:>7.1} s  {outcome}", took.as_secs_f64());
        }
        let count = |wanted: fn(&Outcome) -> bool| {
            self.rows.iter().filter(|(_, outcome, _)| wanted(outcome)).count()
        };
        let failed = count(|outcome| *outcome == Outcome::Failed);
        let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        let passed = self.rows.len() - failed - skipped;
        println!("\nchecks: {passed} passed, {failed} failed, {skipped} skipped");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_features_of_a_manifest_are_read() {
        let manifest = "[package]\nname = \"a\"\n\n[features]\ndefault = []\n# Why.\naxum = []\n\
                        chassis = [\n    \"axum\",\n]\n\n[dependencies]\nb = \"1\"\n";
        assert_eq!(features_in(manifest), ["axum", "chassis"]);
        assert_eq!(features_in("[package]\nname = \"a\"\n"), [""; 0]);
    }
}
