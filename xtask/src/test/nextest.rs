//! Tests by cargo-nextest, which runs each in a process of its own.

use std::{fs, path::PathBuf, process::Command};

use super::{ON_POSTGRES, SELECTION, SERVICES, summary::Counts};
use crate::{
    failure::{Failure, Result},
    process,
    servers::Servers,
    workspace::{self, Workspace},
};

pub(super) fn ignored(workspace: Workspace, filter: Option<&str>) -> Result<Vec<String>> {
    let mut command = nextest(workspace, "list");
    command.args(["--run-ignored", "only", "--message-format", "oneline"]).args(filter);
    // Cargo would say once more that everything is built.
    command.arg("--cargo-quiet");
    let (status, lines) = process::output(&mut command)?;
    if !status.success() {
        return Err(Failure::new(format!("cargo nextest list failed in {}", workspace.name())));
    }
    // A line is the binary's id and the test's name.
    Ok(lines.lines().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect())
}

pub(super) fn run(
    workspace: Workspace,
    filter: Option<&str>,
    left_out: &[String],
    servers: &Servers,
) -> Result<Counts> {
    let mut command = nextest(workspace, "run");
    command.args(["--run-ignored", "all", "--no-tests", "pass"]).args(filter);
    if !left_out.is_empty() {
        let tests: Vec<_> = left_out.iter().map(|test| format!("test(={test})")).collect();
        command.args(["-E", &format!("not ({})", tests.join(" | "))]);
    }
    super::tell_binary(&mut command);
    counted(command, workspace, servers)
}

/// Runs what plain `cargo test` runs of the services, on PostgreSQL.
pub(super) fn run_services(filter: Option<&str>, servers: &Servers) -> Result<Counts> {
    let mut command = nextest(Workspace::Ticketing, "run");
    let packages: Vec<_> = SERVICES.iter().map(|name| format!("package({name})")).collect();
    let (name, value) = ON_POSTGRES;
    command.args(["--no-tests", "pass", "-E", &packages.join(" | ")]).args(filter).env(name, value);
    counted(command, Workspace::Ticketing, servers)
}

fn counted(mut command: Command, workspace: Workspace, servers: &Servers) -> Result<Counts> {
    servers.tell(&mut command);
    let report = report(workspace);
    let _ = fs::remove_file(&report);
    let succeeded = process::run(&mut command)?;
    let report = fs::read_to_string(&report).unwrap_or_default();
    // Even a run of no tests leaves a report, so none means that there was no run.
    let mut counts = counts(&report).unwrap_or_else(Counts::broken);
    if !succeeded && counts.failed == 0 {
        counts.add(Counts::broken());
    }
    Ok(counts)
}

fn nextest(workspace: Workspace, command: &str) -> Command {
    let config = workspace::root().join(".config/nextest.toml");
    let mut nextest = workspace.cargo(&["nextest", command]);
    nextest.args(SELECTION).arg("--config-file").arg(config);
    nextest
}

/// Where nextest writes the report that `.config/nextest.toml` asks for: below the workspace, not
/// where cargo builds.
fn report(workspace: Workspace) -> PathBuf {
    workspace.dir().join("target/nextest/default/junit.xml")
}

/// Reads the totals from the root element of a JUnit report.
fn counts(report: &str) -> Option<Counts> {
    let (_, rest) = report.split_once("<testsuites ")?;
    let (root, _) = rest.split_once('>')?;
    let number = |name: &str| -> Option<usize> {
        let (_, rest) = root.split_once(&format!("{name}=\""))?;
        rest.split_once('"')?.0.parse().ok()
    };
    let failed = number("failures")? + number("errors")?;
    Some(Counts { passed: number("tests")?.saturating_sub(failed), failed, skipped: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_of_a_report_are_read() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="7" failures="2" errors="1" uuid="…" time="0.1">
    <testsuite name="a" tests="7" disabled="0" errors="0" failures="2">"#;
        assert_eq!(counts(report), Some(Counts { passed: 4, failed: 3, skipped: 0 }));
        assert_eq!(counts(""), None);
    }
}
