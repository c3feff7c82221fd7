//! `status` and `update`, on a project that an older template wrote.

use super::support::Place;

const FILE: &str = "tickets/src/store/mod.rs";
const PRISTINE: &str = ".ticketkit/pristine/tickets/src/store/mod.rs";
const MARK: &str = "// Of an older template.\n";

/// A project whose template lacked a line of today's, or had one more.
fn older() -> Place {
    let place = Place::grown();
    let old = format!("{}{MARK}", place.read(FILE));
    place.write(PRISTINE, &old);
    place.write(FILE, &old);
    place
}

#[test]
fn an_update_brings_the_template_and_twice_is_once() {
    let place = older();
    place.run(&["status"]).refused(1, &[FILE, "template newer"]);
    let dry = place.run(&["update", "--dry-run", "--json"]).done().json();
    assert_eq!(dry["changes"].as_array().unwrap().len(), 1, "{dry}");
    place.run(&["update"]).done();
    assert!(!place.read(FILE).contains(MARK));
    place.run(&["status"]).done();
    let once = place.files();
    let again = place.run(&["update", "--json"]).done().json();
    assert_eq!(again["changes"].as_array().unwrap().len(), 0, "{again}");
    assert_eq!(place.files(), once);
}

#[test]
fn your_changes_elsewhere_in_the_file_are_merged() {
    let place = older();
    place.write(FILE, &format!("// Mine.\n{}", place.read(FILE)));
    place.run(&["update"]).done();
    assert!(place.read(FILE).starts_with("// Mine.\n"));
    assert!(!place.read(FILE).contains(MARK));
}

#[test]
fn a_conflict_is_told_by_file_and_line_and_changes_nothing() {
    let place = older();
    place.write(FILE, &place.read(FILE).replace(MARK, "// Mine.\n"));
    let before = place.files();
    let line = place.read(FILE).lines().count();
    let answer =
        place.run(&["update", "--json"]).refused(1, &["--on-conflict keep, take or markers"]);
    let said = answer.json();
    assert_eq!(said["ok"], false);
    assert_eq!(said["conflicts"][0]["path"], FILE, "{said}");
    assert_eq!(said["conflicts"][0]["line"], line, "{said}");
    assert_eq!(said["conflicts"][0]["yours"], "// Mine.\n", "{said}");
    assert!(answer.stderr.contains("yours | // Mine.\n"), "{}", answer.stderr);
    assert!(answer.stderr.contains("templates | (removed)"), "{}", answer.stderr);
    assert_eq!(place.files(), before);
}

#[test]
fn a_pipeline_can_answer_conflicts() {
    for (policy, code, mine, marked) in
        [("keep", 0, true, false), ("take", 0, false, false), ("markers", 1, true, true)]
    {
        let place = older();
        place.write(FILE, &place.read(FILE).replace(MARK, "// Mine.\n"));
        let answer = place.run(&["update", "--on-conflict", policy]);
        assert_eq!(answer.code, code, "{policy}: {}", answer.stderr);
        assert_eq!(place.read(FILE).contains("// Mine."), mine, "{policy}");
        assert_eq!(place.read(FILE).contains("<<<<<<<"), marked, "{policy}");
    }
}

#[test]
fn a_conflict_that_is_still_marked_is_not_merged_again() {
    let place = older();
    place.write(FILE, &place.read(FILE).replace(MARK, "// Mine.\n"));
    place.run(&["update", "--on-conflict", "markers"]).refused(1, &["has conflict markers now"]);
    // The template changes once more.
    place.write(PRISTINE, &format!("{}{MARK}", place.read(PRISTINE)));
    let before = place.files();
    place.run(&["update"]).refused(1, &["still has conflict markers"]);
    assert_eq!(place.files(), before);
}

#[test]
fn what_you_deleted_stays_deleted_and_status_tells_it() {
    let place = Place::grown();
    std::fs::remove_file(place.root().join("Dockerfile")).unwrap();
    place.run(&["status"]).refused(1, &["missing  Dockerfile"]);
    place.run(&["update"]).done();
    assert!(!place.root().join("Dockerfile").exists());
}

#[test]
fn drift_in_a_file_of_the_generator_is_found_without_any_template_change() {
    let place = Place::grown();
    place.write(
        "app/src/services.rs",
        &format!("{}\n// Drift.\n", place.read("app/src/services.rs")),
    );
    place.run(&["status"]).refused(1, &["edited  app/src/services.rs", "owned by the generator"]);
}

#[test]
fn edits_of_yours_are_no_drift() {
    let place = Place::grown();
    let path = "tickets/src/store/tickets.rs";
    place.write(path, &format!("{}\n// Mine.\n", place.read(path)));
    let answer = place.run(&["status"]).done();
    assert!(answer.stderr.contains(&format!("edited  {path}")), "{}", answer.stderr);
}

#[test]
fn lines_that_git_ended_the_windows_way_are_no_edits() {
    let place = Place::grown();
    place.write(FILE, &place.read(FILE).replace('\n', "\r\n"));
    place.run(&["status"]).done();
    let mut old = place.read(PRISTINE);
    old.push_str(MARK);
    place.write(PRISTINE, &old);
    place.write(FILE, &old.replace('\n', "\r\n"));
    place.run(&["update"]).done();
    assert!(place.read(FILE).contains("\r\n") && !place.read(FILE).contains(MARK));
}
