//! Tests by plain `cargo test`, and the examples in the documentation, which only it can run.

use std::process::Command;

use super::{ON_POSTGRES, SELECTION, SERVICES, summary::Counts};
use crate::{
    failure::{Failure, Result},
    process,
    servers::Servers,
    workspace::Workspace,
};

/// All targets but benchmarks, as cargo-nextest takes them.
const TARGETS: [&str; 3] = ["--tests", "--examples", "--no-fail-fast"];

pub(super) fn ignored(workspace: Workspace, filter: Option<&str>) -> Result<Vec<String>> {
    let mut command = tests(workspace);
    command.args(["--quiet", "--", "--ignored", "--list", "--format", "terse"]).args(filter);
    let (status, lines) = process::output(&mut command)?;
    if !status.success() {
        return Err(Failure::new(format!("cargo test cannot list {}", workspace.name())));
    }
    Ok(lines.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

pub(super) fn run(
    workspace: Workspace,
    filter: Option<&str>,
    left_out: &[String],
    servers: &Servers,
) -> Result<Counts> {
    let mut command = tests(workspace);
    command.args(["--", "--include-ignored"]).args(filter);
    for test in left_out {
        command.args(["--skip", test]);
    }
    counted(command, servers)
}

/// Runs what plain `cargo test` runs of the services, on PostgreSQL.
pub(super) fn run_services(filter: Option<&str>, servers: &Servers) -> Result<Counts> {
    let mut command = Workspace::Ticketing.cargo(&["test", "--all-features"]);
    for name in SERVICES {
        command.args(["--package", name]);
    }
    let (name, value) = ON_POSTGRES;
    command.args(TARGETS).arg("--").args(filter).env(name, value);
    counted(command, servers)
}

/// Runs the examples in the documentation of a workspace.
pub(super) fn run_docs(
    workspace: Workspace,
    filter: Option<&str>,
    servers: &Servers,
) -> Result<Counts> {
    let mut command = workspace.cargo(&["test", "--doc", "--no-fail-fast"]);
    command.args(SELECTION).arg("--").args(filter);
    counted(command, servers)
}

fn tests(workspace: Workspace) -> Command {
    let mut command = workspace.cargo(&["test"]);
    command.args(SELECTION).args(TARGETS);
    command
}

fn counted(mut command: Command, servers: &Servers) -> Result<Counts> {
    servers.tell(&mut command);
    super::tell_binary(&mut command);
    let mut counts = Counts::default();
    let status = process::run_watched(&mut command, |line| {
        if let Some(binary) = result(line) {
            counts.add(binary);
        }
    })?;
    if !status.success() && counts.failed == 0 {
        counts.add(Counts::broken());
    }
    Ok(counts)
}

/// Reads the line that ends the output of each test binary.
fn result(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |what: &str| -> Option<usize> {
        numbers.split("; ").find_map(|part| part.strip_suffix(what))?.trim().parse().ok()
    };
    Some(Counts {
        passed: number(" passed")?,
        failed: number(" failed")?,
        skipped: number(" ignored")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_a_binary_is_read() {
        let line = "test result: FAILED. 8 passed; 2 failed; 1 ignored; 0 measured; 5 filtered \
                    out; finished in 0.01s";
        assert_eq!(result(line), Some(Counts { passed: 8, failed: 2, skipped: 1 }));
        assert_eq!(result("test a ... ok"), None);
    }
}
