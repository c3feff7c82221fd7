//! The files of the generator, the age of the templates, the crates.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use super::Checked;
use crate::{
    answers::{Deps, TEMPLATE},
    commands::status::{self, Standing},
    failure::Failure,
    project::Project,
};

/// The crates that a project is built on.
const CRATES: [&str; 3] = ["ticketkit-auth", "ticketkit-core", "ticketkit-events"];

pub(super) fn files(project: &Project) -> Result<Checked, Failure> {
    let files = status::files(project)?;
    let mut checked = Checked::well("files", format!("{} generated files", files.len()));
    let template = project.answers.template;
    let newer = files.iter().filter(|file| file.template_newer).count();
    if template < TEMPLATE {
        let text = format!("it is of templates {template}, and this program has {TEMPLATE}");
        checked.add(text, "cargo ticketkit update");
    } else if newer > 0 {
        let text = format!("the templates of {newer} files are newer");
        checked.add(text, "cargo ticketkit update");
    }
    for file in files.iter().filter(|file| file.owner == "generator") {
        let path = &file.path;
        match file.standing {
            Standing::Edited => checked.add(
                format!("{path} is the generator's and was edited: the next change may conflict"),
                format!("take the edit back: diff .ticketkit/pristine/{path} {path}"),
            ),
            Standing::Missing => checked.add(
                format!("{path} is missing, and nothing builds without it"),
                format!("cp .ticketkit/pristine/{path} {path}"),
            ),
            Standing::Untouched => {}
        }
    }
    Ok(checked)
}

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
}

pub(super) fn crates(project: &Project) -> Checked {
    let ours = env!("CARGO_PKG_VERSION");
    let mut checked = Checked::well("crates", format!("of TicketKit {ours}"));
    if let Deps::Path(folder) = &project.answers.deps
        && !Path::new(folder).join("ticketkit-core/Cargo.toml").is_file()
    {
        checked.add(
            format!("the crates of TicketKit are expected in {folder}, and are not there"),
            "write where they are to `deps` in ticketkit.toml, then: cargo ticketkit update",
        );
    }
    let file = project.root.join("Cargo.lock");
    // Before the first build there is none, and nothing is wrong with that.
    let Ok(text) = fs::read_to_string(file) else { return checked };
    match toml::from_str::<Lock>(&text) {
        Err(error) => {
            let first = error.message().lines().next().unwrap_or_default().to_owned();
            checked.add(format!("Cargo.lock cannot be read: {first}"), "git checkout Cargo.lock");
        }
        Ok(lock) => {
            for (name, version) in other_versions(&lock, ours) {
                checked.add(
                    format!("{name} {version} is locked, and this program writes for {ours}"),
                    format!("cargo update --package {name}"),
                );
            }
        }
    }
    checked
}

/// The crates of ours that are locked at a version that is not compatible.
fn other_versions<'a>(lock: &'a Lock, ours: &str) -> BTreeMap<&'a str, &'a str> {
    // 0.1.3 and 0.1.9 fit; 0.1 and 0.2 do not, nor 1 and 2.
    let series = |version: &str| {
        let mut parts = version.split('.').map(str::to_owned);
        let major = parts.next().unwrap_or_default();
        let minor = if major == "0" { parts.next() } else { None };
        (major, minor)
    };
    let packages = lock.package.iter().filter(|package| CRATES.contains(&package.name.as_str()));
    packages
        .filter(|package| series(&package.version) != series(ours))
        .map(|package| (package.name.as_str(), package.version.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_do_not_fit_are_found() {
        let lock: Lock = toml::from_str(
            "[[package]]\nname = \"ticketkit-core\"\nversion = \"0.1.7\"\n\
             [[package]]\nname = \"ticketkit-events\"\nversion = \"0.2.0\"\n\
             [[package]]\nname = \"serde\"\nversion = \"1.0.0\"\n",
        )
        .unwrap();
        let found = other_versions(&lock, "0.1.3");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("ticketkit-events", "0.2.0")]);
    }
}
