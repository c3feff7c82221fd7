//! What operators run beside the process itself.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::json;
use ticketing_tests::{
    Person, Server,
    server::command,
    wait::{SOON, eventually},
};

/// Runs a command to its end.
fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = command(folder);
    command.envs(settings.iter().copied()).args(arguments);
    command.output().expect("the command to run")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn a_check_succeeds_where_the_process_is_ready_and_nowhere_else() {
    let server = Server::start();
    let address = server.url().replace("http://", "");
    let check = || run(server.folder(), &[("TICKETING_ADDR", &address)], &["--check"]);
    let output = check();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ready\n");
    server.kill();
    let output = check();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
}

#[test]
fn a_migration_prepares_a_folder_and_changes_nothing_the_second_time() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..2 {
        let output = run(folder.path(), &[], &["--migrate"]);
        assert!(output.status.success(), "{}", said(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("prepared\n"));
    }
    let server = Server::in_folder(folder, &[]);
    let seller = Person::sign_up(&server, "seller");
    Person::sign_up(&server, "buyer").buy(&seller.sell("After the migration", 100));
    let output = run(server.folder(), &[], &["--migrate"]);
    assert_eq!(output.status.code(), Some(1), "beside a running process: {}", said(&output));
    assert!(said(&output).contains("TICKETING_DATA_DIR"), "{}", said(&output));
}

#[test]
fn keys_are_made_once_and_are_those_that_sign() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    let path = keys.to_str().expect("a path");
    let mut made = Vec::new();
    for _ in 0..2 {
        let output = run(folder.path(), &[], &["--make-keys", path]);
        assert!(output.status.success() && said(&output).contains(path), "{}", said(&output));
        let mut files: Vec<_> = fs::read_dir(&keys)
            .expect("the folder of the keys")
            .map(|entry| entry.expect("an entry").path())
            .map(|file| (file.clone(), fs::read(file).expect("a key")))
            .collect();
        files.sort();
        assert!(!files.is_empty());
        made.push(files);
    }
    assert_eq!(made[0], made[1], "the second time leaves them alone");

    let settings = [("TICKETING_KEYS_DIR", path)];
    let (first, second) = (Server::with(&settings), Server::with(&settings));
    let known = |server: &Server| server.client().get("/.well-known/jwks.json").expect(200).json();
    assert_eq!(known(&first), known(&second), "two processes with the same keys");
    assert_ne!(known(&first), known(&Server::start()));
    assert_ne!(known(&first)["keys"], json!([]));
}

#[test]
fn keys_are_turned_over_while_the_process_runs() {
    let server = Server::start();
    let folder = server.folder().join("data/keys");
    let path = folder.to_str().expect("a path");
    let turn = |words: &[&str]| {
        let output = run(server.folder(), &[], &[&["--keys", path], words].concat());
        (output.status.code(), said(&output))
    };
    let kids = |said: &str, stage: &str| -> Vec<String> {
        let lines = said.lines().filter_map(|line| line.strip_prefix(stage));
        lines.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned).collect()
    };
    let (code, listed) = turn(&[]);
    assert_eq!(code, Some(0), "{listed}");
    let [old] = &kids(&listed, "active")[..] else { panic!("one key signs: {listed}") };

    let seller = Person::sign_up(&server, "seller");
    let (_, listed) = turn(&["add"]);
    let [new] = &kids(&listed, "standby")[..] else { panic!("one is new: {listed}") };
    let (code, refused) = turn(&["promote", new]);
    assert_eq!(code, Some(1), "verifiers may not have it yet: {refused}");
    assert!(refused.contains("promote_now"), "{refused}");
    assert_eq!(turn(&[]).1, listed, "what is refused changes nothing");

    let (code, listed) = turn(&["promote-now", new]);
    assert_eq!((code, kids(&listed, "active")), (Some(0), vec![new.clone()]), "{listed}");
    seller.sell("Signed in before", 100);
    let (code, listed) = turn(&["remove-now", old]);
    assert_eq!((code, kids(&listed, "retiring")), (Some(0), Vec::new()), "{listed}");
    eventually("the process to take the folder in", SOON, || {
        let known = server.client().get("/.well-known/jwks.json").expect(200).json();
        let is_new = known["keys"].as_array().is_some_and(|keys| keys.len() == 1)
            && known["keys"][0]["kid"] == **new;
        if is_new { Ok(()) } else { Err(known) }
    });
    seller.post("/api/tickets", &json!({"title": "A seat", "price": 100})).expect(401);
    seller.post("/api/users/refresh", &json!({})).expect(200);
    seller.sell("With a token of the new key", 100);

    let (code, refused) = turn(&["remove-now", new]);
    assert_eq!(code, Some(1), "the last one signs: {refused}");
    let nothing = run(server.folder(), &[], &["--keys", server.folder().to_str().expect("a path")]);
    assert_eq!(nothing.status.code(), Some(1), "no keys are made: {}", said(&nothing));
}
