//! The services of `examples/ticketing` against what the templates write for services of their names.
//!
//! The skeleton of a service is what each has, whatever it does: what a process gives it, why it may
//! not start, what it runs, its errors, its migrations. Every line that the templates write there stands in
//! the example too, except for those in `example.txt`, which has the reason for each file. A template
//! that is changed is so changed in the example as well, or the difference is said.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::support::{Place, run_in};

/// The parts of the skeleton.
const PARTS: [&str; 5] =
    ["src/app.rs", "src/error.rs", "src/lib.rs", "src/service.rs", "src/store/mod.rs"];
const SERVICES: [&str; 5] = ["auth", "expiration", "orders", "payments", "tickets"];

/// What makes a file of the templates no other than one of the example: lines, by path.
type Differences = BTreeMap<String, BTreeSet<String>>;

fn generated() -> Place {
    let place = Place::empty();
    let new = "new ticketing --auth --db both --deps crates-io --no-git --service tickets \
               --service orders --service payments --service expiration --service other";
    run_in(place.home(), &new.split_whitespace().collect::<Vec<_>>()).done();
    for add in [
        "add resource tickets ticket title:string",
        "add resource orders order title:string",
        "add resource payments payment title:string",
        "add event other thing.happened id:uuid --key id",
        "add handler tickets thing.happened",
        "add handler orders thing.happened",
        "add handler payments thing.happened",
        "add handler expiration thing.happened",
    ] {
        let project = place.home().join("ticketing");
        run_in(&project, &add.split_whitespace().collect::<Vec<_>>()).done();
    }
    place
}

/// The lines of a file, as a set: in what order a service has its parts is its own.
fn lines(path: &Path) -> Option<BTreeSet<String>> {
    let text = fs::read_to_string(path).ok()?;
    let mut is_import = false;
    // What a service is for is its own to say, and imports follow from the code.
    let says = |line: &&str| {
        is_import |= line.starts_with("use ");
        let is_code = !is_import && !line.starts_with("//");
        is_import &= !line.ends_with(';');
        is_code && line.contains(|c: char| c.is_alphanumeric())
    };
    Some(text.lines().map(str::trim).filter(says).map(str::to_owned).collect())
}

fn found() -> Differences {
    let place = generated();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ticketing");
    let mut found = Differences::new();
    for service in SERVICES {
        for part in PARTS {
            let path = format!("{service}/{part}");
            let Some(written) = lines(&place.home().join("ticketing").join(&path)) else {
                continue;
            };
            let held = lines(&example.join(&path)).unwrap_or_default();
            let missing: BTreeSet<_> = written.difference(&held).cloned().collect();
            if !missing.is_empty() {
                found.insert(path, missing);
            }
        }
    }
    found
}

/// Reads the list: a path, the reason behind `#`, the lines behind `-`.
fn listed() -> Differences {
    let mut listed = Differences::new();
    let mut path = "";
    let mut has_reason = true;
    for line in include_str!("example.txt").lines().filter(|line| !line.is_empty()) {
        if let Some(line) = line.strip_prefix("- ") {
            assert!(has_reason, "{path} has no reason");
            listed.entry(path.to_owned()).or_default().insert(line.to_owned());
        } else if line.starts_with('#') {
            has_reason = true;
        } else {
            assert!(has_reason, "{path} has no reason");
            (path, has_reason) = (line, false);
        }
    }
    listed
}

#[test]
fn the_example_has_the_skeleton_that_the_templates_write() {
    let (found, listed) = (found(), listed());
    let paths: BTreeSet<_> = found.keys().chain(listed.keys()).collect();
    let none = BTreeSet::new();
    let mut text = String::new();
    for path in paths {
        let is = found.get(path).unwrap_or(&none);
        let said = listed.get(path).unwrap_or(&none);
        for line in is.difference(said) {
            text.push_str(&format!(
                "{path}: the templates write this, the example lacks it: {line}\n"
            ));
        }
        for line in said.difference(is) {
            text.push_str(&format!("{path}: example.txt lists what is no difference: {line}\n"));
        }
    }
    assert!(text.is_empty(), "{text}");
}
