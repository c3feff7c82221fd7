//! Both workspaces build the same dependencies, so that each is built once.

use std::collections::{BTreeMap, BTreeSet};

use super::read;

const MANIFESTS: [&str; 2] = ["Cargo.toml", "examples/ticketing/Cargo.toml"];
const LOCKS: [&str; 2] = ["Cargo.lock", "examples/ticketing/Cargo.lock"];

/// Returns the lines of one table of a manifest, by their keys. Crates of our own are left out:
/// their paths differ.
fn table<'a>(manifest: &'a str, header: &str) -> BTreeMap<&'a str, &'a str> {
    let (_, rest) = manifest.split_once(header).expect("the manifest has the table");
    let table = rest.split_once("\n[").map_or(rest, |(table, _)| table);
    table
        .lines()
        .filter(|line| !line.starts_with(['#', ' ', ']']))
        .filter_map(|line| line.split_once(" = "))
        .filter(|(name, _)| !name.starts_with("ticket"))
        .collect()
}

/// Returns the version of each crate in a lock file, by its name and what is compatible with it:
/// two such versions of one crate never stand beside each other.
fn locked(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |line: &str, key: &str| {
        Some(line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
    };
    let mut crates = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = package.lines().find_map(|line| value(line, "name")).expect("a name");
        let version = package.lines().find_map(|line| value(line, "version")).expect("a version");
        let mut parts = version.split('.');
        let major = parts.next().unwrap_or_default();
        let compatible = match (major, parts.next()) {
            ("0", Some(minor)) => format!("0.{minor}"),
            _ => major.to_owned(),
        };
        crates.insert((name, compatible), version);
    }
    crates
}

#[test]
fn the_lists_of_dependencies_agree() {
    let [crates, example] = MANIFESTS.map(read);
    let header = "[workspace.dependencies]\n";
    let (crates, example) = (table(&crates, header), table(&example, header));
    let shared: BTreeSet<_> = crates.keys().filter(|name| example.contains_key(*name)).collect();
    assert!(shared.len() > 20, "only {shared:?} are shared: are the lists read?");
    for name in shared {
        assert_eq!(crates[name], example[name], "{name}");
    }
}

#[test]
fn the_lints_and_profiles_agree() {
    let [crates, example] = MANIFESTS.map(read);
    let clippy = "[workspace.lints.clippy]\n";
    assert_eq!(table(&crates, clippy), table(&example, clippy));
    let (_, crates) = crates.split_once("[profile.dev]").expect("a profile");
    let (_, example) = example.split_once("[profile.dev]").expect("a profile");
    assert_eq!(crates, example);
}

#[test]
fn the_lock_files_agree() {
    let [crates, example] = LOCKS.map(|lock| locked(&read(lock)));
    let mut shared = 0;
    let mut differ = Vec::new();
    for (key, version) in &example {
        if let Some(other) = crates.get(key) {
            shared += 1;
            if other != version {
                differ.push(format!("{} {other} and {version}", key.0));
            }
        }
    }
    assert!(shared > 20, "only {shared} crates are shared: are the files read?");
    assert!(differ.is_empty(), "cargo update --precise mends: {differ:?}");
}
