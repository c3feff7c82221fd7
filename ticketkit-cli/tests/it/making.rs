//! `new`.

use std::fs;

use super::support::{Place, run_in};

#[test]
fn a_project_has_all_parts_and_is_untouched() {
    let place = Place::shop();
    for path in ["Cargo.toml", "README.md", "app/src/main.rs", "tickets/src/lib.rs", "Dockerfile"] {
        assert!(place.root().join(path).is_file(), "{path}");
    }
    let status = place.run(&["status", "--json"]).done();
    let status = status.json();
    let files = status["files"].as_array().unwrap();
    assert!(files.len() > 20, "{}", files.len());
    assert!(files.iter().all(|file| file["standing"] == "untouched"), "{status}");
}

#[test]
fn every_file_says_in_its_first_line_whose_it_is() {
    let place = Place::grown();
    for (path, text) in place.files() {
        // Formats without comments cannot say it, and a list of two lines would double.
        let mute = path.starts_with(".ticketkit/") || path.ends_with(".json");
        let first = text.lines().take(2).collect::<String>();
        let said = first.contains("Owned by cargo ticketkit") || first.contains("Yours");
        assert!(mute || said, "{path}: {first}");
    }
}

#[test]
fn the_same_answers_make_the_same_bytes() {
    assert_eq!(Place::grown().files(), Place::grown().files());
}

#[test]
fn a_dry_run_writes_nothing_and_tells_everything() {
    let place = Place::empty();
    let answer = run_in(place.home(), &["new", "shop", "--dry-run", "--json"]).done();
    assert_eq!(answer.json()["dryRun"], true);
    assert!(answer.json()["changes"].as_array().unwrap().len() > 20);
    assert_eq!(fs::read_dir(place.home()).unwrap().count(), 0);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let place = Place::empty();
    run_in(place.home(), &["new"]).refused(2, &["the name of the project is missing"]);
}

#[test]
fn a_name_that_cannot_be_is_refused_with_the_reason() {
    let place = Place::empty();
    for name in ["Shop", "sho p", "../shop", "shop/x", "fn", "core", "std", "1shop", "", "-x", "é"]
    {
        let answer = run_in(place.home(), &["new", "--yes", "--", name]);
        assert_eq!(answer.code, 2, "{name:?}: {}", answer.stderr);
        assert_eq!(answer.stderr.trim_end().lines().count(), 1, "{name:?}: {}", answer.stderr);
    }
    let long = "a".repeat(300);
    run_in(place.home(), &["new", &long]).refused(2, &["name"]);
    let twice = ["new", "shop", "--service", "a-b", "--service", "a-b"];
    run_in(place.home(), &twice).refused(2, &["there is a service `a-b` already"]);
    assert_eq!(fs::read_dir(place.home()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_is_in_use_stays_as_it_is() {
    let place = Place::empty();
    fs::create_dir(place.root()).unwrap();
    place.write("notes.txt", "mine");
    run_in(place.home(), &["new", "shop"]).refused(2, &["is there already and not empty"]);
    assert_eq!(place.files().into_values().collect::<Vec<_>>(), ["mine"]);
    fs::remove_file(place.root().join("notes.txt")).unwrap();
    run_in(place.home(), &["new", "shop", "--deps", "crates-io"]).done();
}

#[test]
fn a_folder_of_crates_must_be_one() {
    let place = Place::empty();
    let deps = format!("path:{}", place.home().display());
    let answer = run_in(place.home(), &["new", "shop", "--deps", &deps]);
    answer.refused(2, &["must be a checkout of TicketKit"]);
}

#[test]
fn names_with_spaces_and_unicode_around_the_project_do_no_harm() {
    let place = Place::empty();
    let odd = place.home().join("mit Leerzeichen und ü 票");
    fs::create_dir(&odd).unwrap();
    run_in(&odd, &["new", "shop", "--deps", "crates-io"]).done();
    run_in(&odd.join("shop"), &["add", "service", "venues"]).done();
}
