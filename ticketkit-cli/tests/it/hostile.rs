//! Disks, folders and names that are against it.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::support::{Answer, Place, run_in};

/// Runs the program where no file may grow beyond so many blocks of 512 bytes, as on a disk that is
/// full after them.
fn with_room(folder: &Path, blocks: u32, args: &[&str]) -> Answer {
    // Without the signal, which would end it, the write fails as it does on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_cargo-ticketkit")]).args(args);
    Answer::of(shell.current_dir(folder).stdin(Stdio::null()).output().unwrap())
}

#[test]
fn a_full_disk_leaves_the_project_as_it_was() {
    let place = Place::shop();
    let before = place.files();
    let add = ["add", "resource", "tickets", "ticket", "title:string", "price:money"];
    for blocks in [0, 1, 4] {
        let answer = with_room(&place.root(), blocks, &add);
        let answer = answer.refused(1, &["nothing was changed: cannot write", "too large"]);
        assert_eq!(answer.stderr.lines().filter(|line| line.starts_with("error")).count(), 1);
        assert_eq!(place.files(), before, "{blocks} blocks");
    }
    place.run(&add).done();
}

#[test]
fn a_full_disk_leaves_nothing_of_a_new_project() {
    let place = Place::empty();
    let new = ["new", "shop", "--deps", "crates-io", "--no-git"];
    for blocks in [0, 1, 4, 8] {
        with_room(place.home(), blocks, &new).refused(1, &["cannot write", "too large"]);
        assert_eq!(fs::read_dir(place.home()).unwrap().count(), 0, "{blocks} blocks");
    }
}

/// Root may write anywhere, and a folder of the kernel's lets not even root.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files_is_told_in_a_sentence() {
    let place = Place::empty();
    let answer = run_in(place.home(), &["new", "shop", "--project", "/proc/self/net"]);
    answer.refused(1, &["cannot make /proc/"]);
    let nowhere = place.home().join("nowhere");
    let answer = run_in(place.home(), &["new", "shop", "--project", nowhere.to_str().unwrap()]);
    answer.refused(2, &["cannot use the folder", "nowhere"]);
}

#[test]
fn a_project_that_may_not_be_written_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::shop();
    let before = place.files();
    let own = place.root().join(".ticketkit");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o555)).unwrap();
    let may_all_the_same = fs::write(own.join("probe"), "").is_ok();
    if may_all_the_same {
        // Root. What stands in the way of it is a file where a folder has to be.
        fs::remove_file(own.join("probe")).unwrap();
        fs::write(own.join("staging"), "").unwrap();
    }
    place.run(&["add", "service", "venues"]).refused(1, &["cannot", ".ticketkit"]);
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    drop(fs::remove_file(own.join("staging")));
    assert_eq!(place.files(), before);
}

#[test]
fn a_file_where_a_folder_has_to_be_leaves_everything_as_it_was() {
    let place = Place::shop();
    place.write("venues", "notes of mine");
    let before = place.files();
    place.run(&["add", "service", "venues"]).refused(1, &["nothing was changed", "venues"]);
    assert_eq!(place.files(), before);
    assert_eq!(fs::read_dir(place.root().join("app")).unwrap().count(), 4, "no folder is left");
}

#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    let place = Place::shop();
    let outside = place.home().join("outside");
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, place.root().join("venues")).unwrap();
    place.run(&["add", "service", "venues"]).refused(1, &["symbolic link", "lead out"]);
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
}

#[test]
fn what_a_killed_new_left_is_replaced() {
    let place = Place::empty();
    let left = place.home().join(".shop.ticketkit-new/tickets");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("half"), "").unwrap();
    run_in(place.home(), &["new", "shop", "--deps", "crates-io", "--no-git"]).done();
    assert!(!place.root().join("tickets/half").exists());
    assert_eq!(fs::read_dir(place.home()).unwrap().count(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_path_that_is_too_long_is_told_and_nothing_is_left() {
    let place = Place::empty();
    // The kernel takes 4095 bytes; the project itself needs some of them.
    let mut deep = PathBuf::from(place.home());
    while deep.as_os_str().len() < 3_800 {
        deep.push("d".repeat(200));
    }
    deep.push("d".repeat(4_040 - deep.as_os_str().len()));
    fs::create_dir_all(&deep).unwrap();
    let folder = deep.to_str().unwrap();
    let answer = run_in(place.home(), &["new", "shop", "--project", folder, "--deps", "crates-io"]);
    answer.refused(1, &["File name too long"]);
    assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_whose_name_is_no_text_does_no_harm() {
    let place = Place::empty();
    let odd = place.home().join(OsStr::from_bytes(b"caf\xe9 \xff"));
    fs::create_dir(&odd).unwrap();
    run_in(&odd, &["new", "shop", "--deps", "crates-io", "--no-git"]).done();
    let root = odd.join("shop");
    run_in(&root, &["add", "service", "venues"]).done();
    run_in(&root.join("venues/src"), &["status"]).done();
}

fn git(root: &Path, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(args);
    assert!(git.current_dir(root).stdout(Stdio::null()).status().unwrap().success(), "{args:?}");
}

#[test]
fn an_update_waits_for_what_is_not_committed() {
    let place = Place::empty();
    let new = ["new", "shop", "--service", "tickets", "--deps", "crates-io"];
    run_in(place.home(), &new).done();
    place.run(&["update"]).refused(1, &["not committed", "--allow-dirty"]);
    place.run(&["update", "--dry-run"]).done();
    git(&place.root(), &["add", "."]);
    git(&place.root(), &["commit", "-qm", "begin"]);
    place.run(&["update"]).done();
    place.write("README.md", "Mine.\n");
    place.run(&["update"]).refused(1, &["README.md is not committed"]);
    place.run(&["update", "--allow-dirty"]).done();
    assert_eq!(place.read("README.md"), "Mine.\n");
}
