//! Each security check is a test that has its id in its name.

use std::{collections::BTreeSet, fs, path::Path};

use super::{path, read};

/// Where its tests are.
const FOLDERS: [&str; 3] = ["ticketkit-auth", "ticketkit-core", "examples/ticketing"];

#[test]
fn each_check_of_the_page_is_a_test_and_each_such_test_is_on_the_page() {
    let page = read("docs/src/security.md");
    let described: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .map(|(id, _)| id.to_ascii_lowercase())
        .filter(|id| is_id(id))
        .collect();
    assert!(described.len() > 60, "only {described:?}: is the page read?");

    let mut tested = BTreeSet::new();
    for folder in FOLDERS {
        collect(&path(folder), &mut tested);
    }
    let untested: Vec<_> = described.difference(&tested).collect();
    assert!(untested.is_empty(), "no test begins with {untested:?}");
    let undescribed: Vec<_> = tested.difference(&described).collect();
    assert!(undescribed.is_empty(), "docs/src/security.md does not have {undescribed:?}");
}

/// Collects the ids that names of tests below a folder begin with: one, or several.
fn collect(folder: &Path, ids: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                collect(&path, ids);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("the file is text");
            ids.extend(tests(&text).flat_map(|name| {
                name.split('_').take_while(|part| is_id(part)).map(str::to_owned)
            }));
        }
    }
}

/// Returns the names of the functions under `#[test]`, `#[tokio::test]` and the like, and of those
/// that the tests of each database are made of.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        }
        let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
        let (name, arguments) = name.split_once('(')?;
        let counts = std::mem::take(&mut is_test) || arguments.starts_with("place: Place)");
        counts.then_some(name)
    })
}

/// A letter and a number, as `t9`.
fn is_id(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| "tcsxpalke".contains(first))
        && !characters.as_str().is_empty()
        && characters.all(|character| character.is_ascii_digit())
}

#[test]
fn names_of_tests_are_read() {
    let text = "#[test]\nfn t1_t2_first() {}\nfn t3_helper() {}\n    #[tokio::test(flavor = \"x\")]\n    \
                async fn c9_second() {}\nasync fn s8_third(place: Place) {}\n";
    assert_eq!(tests(text).collect::<Vec<_>>(), ["t1_t2_first", "c9_second", "s8_third"]);
    assert!(["t1", "k12"].iter().all(|id| is_id(id)));
    assert!(["t", "tx", "1", "p256x", "z1"].iter().all(|text| !is_id(text)));
}
