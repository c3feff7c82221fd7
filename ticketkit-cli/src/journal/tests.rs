//! Every moment of a change, one after the other.

use std::{collections::BTreeMap, fs, path::Path};

use tempfile::TempDir;

use super::{
    Step, commit,
    disk::injected::{self, Injected},
    recover,
};

/// Files of each kind: one that is changed, one that is removed, one in a folder that is new.
fn project() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [("a/kept", "kept"), ("a/changed", "old"), ("b/removed", "gone")] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::create_dir(root.path().join(".ticketkit")).unwrap();
    root
}

fn steps() -> Vec<Step> {
    let step = |path: &str, text: Option<&str>| Step {
        path: path.to_owned(),
        text: text.map(str::to_owned),
    };
    vec![
        step("a/changed", Some("new")),
        step("b/removed", None),
        step("c/d/added", Some("added")),
        step("e", Some("added too")),
    ]
}

/// The texts of the files, without our own. A folder that is left empty is nothing that git sees.
fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if name == ".ticketkit" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(name, fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

/// Both states: before, and after a change that nothing disturbs.
fn states() -> [BTreeMap<String, String>; 2] {
    let project = project();
    let before = tree(project.path());
    commit(project.path(), &steps()).unwrap();
    [before, tree(project.path())]
}

#[test]
fn killed_at_each_operation_the_next_run_finds_the_old_tree_or_the_new_one() {
    let [old, new] = states();
    let (mut olds, mut news) = (0, 0);
    for number in 0.. {
        let project = project();
        injected::at(number, Injected::Kill);
        let ended = commit(project.path(), &steps());
        if injected::off() {
            assert!(ended.is_ok() && number > 20, "{number} operations");
            break;
        }
        // The next run may be killed as well, at each of its own.
        for second in 0.. {
            injected::at(second, Injected::Kill);
            drop(recover(project.path()));
            if injected::off() {
                break;
            }
        }
        recover(project.path()).unwrap();
        let now = tree(project.path());
        if now == old {
            olds += 1;
        } else {
            assert_eq!(now, new, "killed at operation {number}");
            news += 1;
        }
        assert_eq!(fs::read_dir(project.path().join(".ticketkit")).unwrap().count(), 0);
    }
    assert!(olds > 5 && news > 5, "{olds} kills left the old tree, {news} the new one");
}

#[test]
fn whichever_operation_fails_the_tree_is_as_the_answer_says() {
    let [old, new] = states();
    let mut failed = 0;
    for number in 0.. {
        let project = project();
        injected::at(number, Injected::Fault);
        let ended = commit(project.path(), &steps());
        if injected::off() {
            break;
        }
        let now = tree(project.path());
        match ended {
            Ok(()) => assert_eq!(now, new, "operation {number} failed"),
            Err(failure) => {
                failed += 1;
                assert!(failure.to_string().starts_with("nothing was changed: "), "{failure}");
                assert_eq!(now, old, "operation {number} failed");
            }
        }
        recover(project.path()).unwrap();
        assert_eq!(tree(project.path()), now, "a later run changes it");
    }
    assert!(failed > 10, "{failed} operations matter");
}

#[test]
fn killed_while_it_takes_back_what_failed_the_next_run_takes_back_the_rest() {
    let [old, new] = states();
    let mut olds = 0;
    for fault in 0..50 {
        for kill in 0.. {
            let project = project();
            injected::fault_and_kill(fault, kill);
            drop(commit(project.path(), &steps()));
            let is_last = injected::off();
            recover(project.path()).unwrap();
            let now = tree(project.path());
            assert!(now == old || now == new, "fault {fault}, kill {kill}: {now:?}");
            olds += u32::from(now == old);
            if is_last {
                break;
            }
        }
    }
    assert!(olds > 50, "{olds}");
}

#[test]
fn what_was_edited_after_a_kill_is_not_written_over() {
    let project = project();
    // Kills after the decision, before the first file is moved.
    let mut number = 0;
    let journal = project.path().join(".ticketkit/journal");
    while !journal.exists() {
        injected::at(number, Injected::Kill);
        drop(commit(project.path(), &steps()));
        injected::off();
        number += 1;
    }
    fs::write(project.path().join("a/changed"), "mine").unwrap();
    let failure = recover(project.path()).unwrap_err();
    assert!(failure.to_string().contains("a/changed was edited since"), "{failure}");
    assert_eq!(fs::read_to_string(project.path().join("a/changed")).unwrap(), "mine");
}
