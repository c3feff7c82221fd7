//! Projects that earlier templates wrote, edited as people edit, and updated.
//!
//! `tests/earlier` has one archive for each version of the templates that was given to anybody. Who
//! raises the version keeps the last one first, by
//! `TICKETKIT_KEEP=1 cargo test -p ticketkit-cli --test it keep -- --ignored`.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use super::support::Place;

/// What a person added or changed: the file, the line before it, and the line itself.
const EDITS: [(&str, &str, &str); 7] = [
    ("README.md", "# shop\n", "\nSold here: tickets. (mine)\n"),
    ("tickets/src/store/tickets.rs", "", "// Slow without an index. (mine)\n"),
    ("tickets/src/domain/ticket.rs", "", "// Prices are in cents. (mine)\n"),
    ("app/src/settings.rs", "use serde::Deserialize;\n", "// Other settings follow. (mine)\n"),
    ("venues/src/events/ticket_created.rs", "", "// Seats are counted here. (mine)\n"),
    ("Dockerfile", "", "# Built by our own pipeline. (mine)\n"),
    ("app/tests/it/main.rs", "use tempfile::TempDir;\n", "// Ours come below. (mine)\n"),
];

/// A file that no template has.
const OWN: &str = "tickets/src/prices.rs";

fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/earlier")
}

/// The project of an archive, as its templates wrote it.
fn unpacked(archive: &Path) -> Place {
    let place = Place::empty();
    let text = fs::read_to_string(archive).unwrap();
    for part in text.split("\n>>> ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap();
        let mut homes = vec![place.root().join(path)];
        if path != "ticketkit.toml" {
            homes.push(place.root().join(".ticketkit/pristine").join(path));
        }
        for home in homes {
            fs::create_dir_all(home.parent().unwrap()).unwrap();
            fs::write(home, text).unwrap();
        }
    }
    place
}

fn each(check: impl Fn(&str, Place)) {
    let mut archives: Vec<_> =
        fs::read_dir(archives()).unwrap().map(|entry| entry.unwrap().path()).collect();
    archives.sort();
    assert!(!archives.is_empty());
    for archive in archives {
        check(archive.file_name().unwrap().to_str().unwrap(), unpacked(&archive));
    }
}

fn edit(place: &Place) {
    for (path, before, line) in EDITS {
        let text = place.read(path);
        let at = text.find(before).unwrap_or_else(|| panic!("{before:?} is not in {path}"));
        let (head, tail) = text.split_at(at + before.len());
        place.write(path, &format!("{head}{line}{tail}"));
    }
    place.write(OWN, "// Nobody else's. (mine)\n");
}

#[test]
fn an_untouched_project_becomes_what_today_writes() {
    each(|name, place| {
        place.run(&["update"]).done();
        place.run(&["status"]).done();
        let once = place.files();
        let again = place.run(&["update", "--json"]).done().json();
        assert_eq!(again["changes"].as_array().unwrap().len(), 0, "{name}: {again}");
        assert_eq!(place.files(), once, "{name}");
        // The same as if it had been made today.
        for (path, text) in &once {
            if let Some(path) = path.strip_prefix(".ticketkit/pristine/") {
                assert_eq!(Some(text), once.get(path), "{name}: {path}");
            }
        }
    });
}

#[test]
fn no_line_of_a_person_is_lost() {
    each(|name, place| {
        edit(&place);
        place.run(&["update"]).done();
        for (path, _, line) in EDITS {
            assert!(place.read(path).contains(line), "{name}: {path} lost {line:?}");
        }
        assert_eq!(place.read(OWN), "// Nobody else's. (mine)\n", "{name}");
        let once = place.files();
        place.run(&["update"]).done();
        assert_eq!(place.files(), once, "{name}: the second update changes something");
        let status = place.run(&["status"]).done();
        assert!(!status.stderr.contains("template newer"), "{name}: {}", status.stderr);
    });
}

/// Rewrites every line of the files that today's templates have otherwise: nothing can be merged.
#[test]
fn what_cannot_be_merged_is_told_by_file_and_line_and_nothing_is_changed() {
    each(|name, place| {
        let dry = place.run(&["update", "--dry-run", "--json"]).done().json();
        let changed = dry["changes"].as_array().unwrap().iter();
        let paths: Vec<_> = changed
            .filter(|change| change["change"] == "changed")
            .map(|change| change["path"].as_str().unwrap().to_owned())
            .collect();
        if paths.is_empty() {
            return;
        }
        for path in &paths {
            let text = place.read(path);
            let mine: String = text.lines().map(|line| format!("{line} mine\n")).collect();
            place.write(path, &mine);
        }
        let before = place.files();
        let said = place.run(&["update", "--json"]).refused(1, &["nothing was changed"]).json();
        let conflicts = said["conflicts"].as_array().unwrap();
        for path in &paths {
            let told = conflicts.iter().find(|conflict| conflict["path"] == **path);
            assert!(told.is_some_and(|told| told["line"].is_u64()), "{name}: {path}: {said}");
        }
        assert_eq!(place.files(), before, "{name}");
    });
}

#[test]
#[ignore = "writes the archive of today's templates"]
fn keep_what_todays_templates_write() {
    let place = Place::grown();
    let mut archive = "What these templates wrote for a project with one of each.".to_owned();
    let mut version = None;
    for (path, text) in place.files() {
        if let Some(path) = path.strip_prefix(".ticketkit/pristine/") {
            write!(archive, "\n>>> {path}\n{text}").unwrap();
        } else if path == "ticketkit.toml" {
            write!(archive, "\n>>> {path}\n{text}").unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("template = "));
            version = line.map(str::to_owned);
        }
    }
    // A run of all tests leaves the checkout as it was.
    let kept = std::env::var_os("TICKETKIT_KEEP").is_some();
    let folder = if kept { archives() } else { env!("CARGO_TARGET_TMPDIR").into() };
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("v{}", version.unwrap())), archive).unwrap();
}
