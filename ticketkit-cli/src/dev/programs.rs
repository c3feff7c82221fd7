//! Which programs of a workspace are run.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::failure::Failure;

/// A program to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) package: String,
    /// The name of its binary.
    pub(super) name: String,
}

/// What a workspace runs, and where cargo builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) list: Vec<Program>,
    pub(super) target: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
    default_run: Option<String>,
    #[serde(default)]
    metadata: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// The cargo that runs us, or the one of the path.
pub(super) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.stdin(Stdio::null());
    cargo
}

/// Finds the program of the project, and those of packages with `dev = true` in their
/// `[package.metadata.ticketkit]`.
///
/// # Errors
///
/// If cargo cannot read the workspace, or nothing in it can be run.
pub(super) fn find(root: &Path, project: &str) -> Result<Programs, Failure> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .map_err(|error| {
            Failure::no(format!("cannot run cargo: {error}; see https://rustup.rs"))
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::no(format!("cargo cannot read the workspace: {}", said.trim())));
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::no(format!("cargo metadata is not understood: {error}")))?;
    let list = chosen(&metadata.packages, project);
    if list.is_empty() {
        return Err(Failure::no(format!(
            "nothing to run: the workspace has no package `{project}` with a program, and none with \
             `dev = true` in [package.metadata.ticketkit]"
        )));
    }
    Ok(Programs { list, target: metadata.target_directory })
}

fn chosen(packages: &[Package], project: &str) -> Vec<Program> {
    let asked = |package: &Package| package.metadata["ticketkit"]["dev"] == true;
    packages
        .iter()
        .filter(|package| package.name == project || asked(package))
        .filter_map(|package| {
            let is_program = |target: &&Target| target.kind.iter().any(|kind| kind == "bin");
            let mut programs = package.targets.iter().filter(is_program);
            let name = match &package.default_run {
                Some(name) => name.clone(),
                None => programs.next()?.name.clone(),
            };
            Some(Program { package: package.name.clone(), name })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(json: serde_json::Value) -> Vec<Package> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_project_and_what_asks_for_it_are_run() {
        let packages = packages(serde_json::json!([
            { "name": "shop", "targets": [{ "name": "shop", "kind": ["bin"] }] },
            { "name": "lib", "targets": [{ "name": "lib", "kind": ["lib"] }],
              "metadata": { "ticketkit": { "dev": true } } },
            { "name": "tool", "targets": [{ "name": "tool", "kind": ["bin"] }], "metadata": null },
            { "name": "worker", "default_run": "second",
              "targets": [{ "name": "first", "kind": ["bin"] }, { "name": "second", "kind": ["bin"] }],
              "metadata": { "ticketkit": { "dev": true } } },
        ]));
        let chosen = chosen(&packages, "shop");
        let names: Vec<_> =
            chosen.iter().map(|one| (one.package.as_str(), one.name.as_str())).collect();
        assert_eq!(names, [("shop", "shop"), ("worker", "second")]);
    }
}
