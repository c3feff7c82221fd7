//! Kills and two runs at once.

use std::{
    fs::File,
    process::{Command, Stdio},
    time::Instant,
};

use super::support::Place;

/// How often it is killed.
const KILLS: u32 = 40;

/// Kills the program later and later, from its start to beyond its end. After each kill the next run
/// finds the old project or the new one, and nothing in between. (Each single operation is the last
/// one before a kill in the tests of the journal.)
#[test]
fn killed_at_any_moment_it_leaves_the_old_project_or_the_new_one() {
    let place = Place::shop();
    let before = place.files();
    let begun = Instant::now();
    place.run(&["add", "service", "venues"]).done();
    let whole = begun.elapsed();
    let after = place.files();
    place.run(&["remove", "service", "venues"]).done();
    assert_eq!(place.files(), before);
    let (mut old, mut new) = (0, 0);
    for step in 0..=KILLS {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cargo-ticketkit"))
            .args(["add", "service", "venues"])
            .current_dir(place.root())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The last one comes to its end, however slow the machine is.
        if step < KILLS {
            std::thread::sleep(whole * 3 / 2 * step / KILLS);
            program.kill().unwrap();
        }
        program.wait().unwrap();
        // Finishes what was decided, and removes what was not.
        place.run(&["status"]).done();
        let now = place.files();
        if now == before {
            old += 1;
        } else {
            assert_eq!(now, after, "killed after {step} steps");
            new += 1;
            place.run(&["remove", "service", "venues"]).done();
        }
    }
    assert!(old > 0 && new > 0, "{old} kills left the old project, {new} the new one");
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let place = Place::shop();
    let lock = File::options().write(true).open(place.root().join(".ticketkit/lock"));
    let lock = lock.or_else(|_| File::create(place.root().join(".ticketkit/lock"))).unwrap();
    lock.lock().unwrap();
    place.run(&["add", "service", "venues"]).refused(1, &["another run of cargo ticketkit"]);
    drop(lock);
    place.run(&["add", "service", "venues"]).done();
}
