//! Every combination of the options against what it wrote last.
//!
//! The snapshot has a line for each file and a column for each combination: the first digits of the
//! hash of its text, or `-` where it is not there. Some files stand in it as they are. Whoever changes a
//! template looks at what it changes: `INSTA_UPDATE=always cargo test -p ticketkit-cli matrix`, then
//! `git diff`.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use super::support::{Place, run_in};

const GIT: &str = "git:https://example.com/ticketkit#abc123";

/// The columns.
const COMBINATIONS: [&[&str]; 7] = [
    &["--db", "sqlite"],
    &["--db", "postgres"],
    &["--db", "both"],
    &["--db", "sqlite", "--auth"],
    &["--db", "postgres", "--auth"],
    &["--db", "both", "--auth"],
    &["--db", "sqlite", "--deps", GIT],
];

/// A project with one of everything.
fn made(options: &[&str]) -> BTreeMap<String, String> {
    let place = Place::empty();
    let mut new = vec!["new", "shop", "--service", "tickets", "--no-git"];
    if !options.contains(&"--deps") {
        new.extend(["--deps", "crates-io"]);
    }
    run_in(place.home(), &[&new[..], options].concat()).done();
    for add in [
        "add resource tickets ticket title:string price:money until:time?",
        "add service venues",
        "add event tickets ticket.created ticket_id:uuid title:string --key ticket_id",
        "add handler venues ticket.created",
    ] {
        place.run(&add.split_whitespace().collect::<Vec<_>>()).done();
    }
    place.run(&["status"]).done();
    let mut files = place.files();
    // What is kept to merge with is the same once more.
    files.retain(|path, _| !path.starts_with(".ticketkit/"));
    files
}

#[test]
fn each_combination_is_as_it_was_looked_at() {
    let projects: Vec<_> = COMBINATIONS.iter().map(|options| made(options)).collect();
    let mut paths: Vec<_> = projects.iter().flat_map(BTreeMap::keys).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut text = String::new();
    for (number, options) in COMBINATIONS.iter().enumerate() {
        writeln!(text, "{}: {}", number + 1, options.join(" ")).unwrap();
    }
    for path in paths {
        let cells = projects.iter().map(|files| {
            files.get(path).map_or_else(|| "-       ".to_owned(), |text| short_hash(text))
        });
        let cells: Vec<_> = cells.collect();
        writeln!(text, "{} {path}", cells.join(" ")).unwrap();
    }
    insta::assert_snapshot!("combinations", text);
}

/// What the choices decide most on, to be read.
#[test]
fn the_files_that_choices_decide_on_are_as_they_were_looked_at() {
    let files = made(&["--db", "both", "--auth"]);
    for path in [
        "Cargo.toml",
        "README.md",
        "app/src/services.rs",
        "app/src/storage.rs",
        "compose.yaml",
        "contracts/events.lock.json",
        "deploy/kubernetes.yaml",
        "tickets/src/routes/ticket.rs",
    ] {
        insta::assert_snapshot!(path.replace('/', "_"), &files[path]);
    }
}

/// What each version of the templates writes, as one hash: nobody has two projects of one version that
/// differ, and `update` knows by the version whether it has something to do.
const WRITTEN: &[(u32, &str)] = &[
    // One line a version, the last one that of today.
    (3, "e223cc61"),
    (4, "fe15a3de"),
    (5, "bf2e8a8a"),
];

#[test]
fn what_is_written_otherwise_is_another_version() {
    let (mut text, mut version) = (String::new(), None);
    for options in COMBINATIONS {
        // Not from the registry: there the version of the crates is written too.
        let options: Vec<_> = if options.contains(&"--deps") {
            options.to_vec()
        } else {
            [options, &["--deps", GIT]].concat()
        };
        for (path, file) in made(&options) {
            if path == "ticketkit.toml" {
                let line = file.lines().find_map(|line| line.strip_prefix("template = "));
                version = line.and_then(|number| number.parse::<u32>().ok());
            }
            write!(text, "{path}\0{file}\0").unwrap();
        }
    }
    let version = version.expect("the answers have the version");
    let hash = short_hash(&text);
    let written = WRITTEN.last().copied();
    assert_eq!(
        (version, hash.as_str()),
        written.unwrap_or_default(),
        "the templates write something else than version {version} did. If nobody was given that \
         version yet, write the new hash to WRITTEN. Otherwise go back to before the change, keep \
         what it wrote by `TICKETKIT_KEEP=1 cargo test -p ticketkit-cli --test it keep -- \
         --ignored`, raise answers::TEMPLATE, and add a line to WRITTEN"
    );
    let archives = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/earlier");
    for earlier in 1..version {
        let archive = archives.join(format!("v{earlier}"));
        assert!(archive.is_file(), "{} is missing: no test updates from it", archive.display());
    }
}

/// FNV-1a, of which these digits tell texts apart well enough.
fn short_hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:08x}", hash >> 32)
}
