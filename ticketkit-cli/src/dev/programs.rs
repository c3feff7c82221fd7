//! Which programs of a workspace are run.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::{answers::Answers, failure::Failure};

/// The first templates whose program takes `--service`.
const SPLITS: u32 = 3;

/// What runs as one process: a program, or one service of the project's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) package: String,
    /// The name of its binary.
    pub(super) name: String,
    /// The service that it is to run, where it is not to run all that it has.
    pub(super) service: Option<Service>,
}

/// A service, and the package that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) package: String,
}

impl Program {
    /// What people call it.
    pub(super) fn label(&self) -> &str {
        self.service.as_ref().map_or(&self.name, |service| &service.name)
    }
}

/// What the processes of all services have in common: the package of the program, and what it is
/// made of beside the services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Frame {
    folder: PathBuf,
    packages: BTreeSet<String>,
}

impl Frame {
    /// Whether a service's process is another one after packages were compiled and files edited.
    ///
    /// Cargo compiles what depends on a package that it compiles. So it is enough to look at what
    /// the program itself names.
    pub(super) fn changes(
        &self,
        service: &Service,
        compiled: &BTreeSet<String>,
        edited: &BTreeSet<PathBuf>,
    ) -> bool {
        compiled.contains(&service.package)
            || !self.packages.is_disjoint(compiled)
            || edited.iter().any(|path| path.starts_with(&self.folder))
    }
}

/// What a workspace runs, and where cargo builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) list: Vec<Program>,
    pub(super) target: PathBuf,
    pub(super) frame: Frame,
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
    manifest_path: PathBuf,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    metadata: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
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

/// Finds the program of the project, once for each service where it has several, and those of
/// packages with `dev = true` in their `[package.metadata.ticketkit]`.
///
/// # Errors
///
/// If cargo cannot read the workspace, or nothing in it can be run.
pub(super) fn find(root: &Path, answers: &Answers) -> Result<Programs, Failure> {
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
    let project = answers.name.as_str();
    let services = services(answers);
    let list = chosen(&metadata.packages, project, &services);
    if list.is_empty() {
        return Err(Failure::no(format!(
            "nothing to run: the workspace has no package `{project}` with a program, and none with \
             `dev = true` in [package.metadata.ticketkit]"
        )));
    }
    let frame = frame(&metadata.packages, project, &services);
    Ok(Programs { list, target: metadata.target_directory, frame })
}

/// The services that get a process each; none where one process has all that there is.
fn services(answers: &Answers) -> Vec<Service> {
    let auth = answers.auth.then(|| "auth".to_owned());
    let names = auth.into_iter().chain(answers.services.iter().map(|one| one.name.to_string()));
    let services: Vec<_> =
        names.map(|name| Service { package: format!("{}-{name}", answers.name), name }).collect();
    if answers.template < SPLITS || services.len() < 2 { Vec::new() } else { services }
}

fn frame(packages: &[Package], project: &str, services: &[Service]) -> Frame {
    let Some(package) = packages.iter().find(|package| package.name == project) else {
        return Frame::default();
    };
    // The auth service is in every process: it finds out who is asking.
    let is_own = |name: &str| services.iter().any(|one| one.package == name && one.name != "auth");
    let named = package.dependencies.iter().map(|dependency| dependency.name.clone());
    Frame {
        folder: package.manifest_path.parent().unwrap_or(Path::new("")).to_owned(),
        packages: named.filter(|name| !is_own(name)).collect(),
    }
}

fn chosen(packages: &[Package], project: &str, services: &[Service]) -> Vec<Program> {
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
            let program = Program { package: package.name.clone(), name, service: None };
            if package.name != project || services.is_empty() {
                return Some(vec![program]);
            }
            let of =
                |service: &Service| Program { service: Some(service.clone()), ..program.clone() };
            Some(services.iter().map(of).collect())
        })
        .flatten()
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
        let chosen = chosen(&packages, "shop", &[]);
        let names: Vec<_> =
            chosen.iter().map(|one| (one.package.as_str(), one.name.as_str())).collect();
        assert_eq!(names, [("shop", "shop"), ("worker", "second")]);
    }

    fn service(name: &str) -> Service {
        Service { name: name.to_owned(), package: format!("shop-{name}") }
    }

    #[test]
    fn each_service_is_run_by_the_program_of_the_project() {
        let packages = packages(serde_json::json!([
            { "name": "shop-tickets", "targets": [] },
            { "name": "shop", "targets": [{ "name": "shop", "kind": ["bin"] }] },
        ]));
        let services = ["auth", "tickets"].map(service);
        let chosen = chosen(&packages, "shop", &services);
        let labels: Vec<_> = chosen.iter().map(Program::label).collect();
        assert_eq!(labels, ["auth", "tickets"]);
        assert!(chosen.iter().all(|program| program.name == "shop"));
    }

    #[test]
    fn a_service_is_another_when_it_or_what_all_have_in_common_changes() {
        let packages = packages(serde_json::json!([{
            "name": "shop", "targets": [], "manifest_path": "/shop/app/Cargo.toml",
            "dependencies": [
                { "name": "shop-auth" }, { "name": "shop-tickets" }, { "name": "shop-venues" },
                { "name": "ticketkit-core" },
            ],
        }]));
        let services = ["auth", "tickets", "venues"].map(service);
        let frame = frame(&packages, "shop", &services);
        let changed = |compiled: &[&str], edited: &str| {
            let compiled = compiled.iter().map(|name| (*name).to_owned()).collect();
            let edited = [edited.into()].into();
            let changes = |one: &&Service| frame.changes(one, &compiled, &edited);
            services.iter().filter(changes).map(|one| one.name.as_str()).collect::<Vec<_>>()
        };
        // The program itself is linked anew with whatever is compiled.
        assert_eq!(changed(&["shop", "shop-tickets"], "/shop/tickets/src/lib.rs"), ["tickets"]);
        assert_eq!(changed(&["shop"], "/shop/app/src/main.rs").len(), 3);
        assert_eq!(changed(&["shop", "shop-auth"], "/shop/auth/src/lib.rs").len(), 3);
        assert_eq!(changed(&["ticketkit-core"], "/elsewhere").len(), 3);
        assert_eq!(changed(&[], "/shop/README.md").len(), 0);
    }
}
