//! L2 and S8: passwords and tokens are neither in the log nor, readable, on the disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;
use ticketing_tests::person::{ACCESS, PASSWORD_CANARY, REFRESH};
use ticketing_tests::{Person, Request, Server};

#[test]
fn the_log_and_the_disk_hold_no_secret() {
    // Everything that a debugging operator could turn on.
    let server = Server::with(&[("RUST_LOG", "trace")]);
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let mut secrets = vec![PASSWORD_CANARY.to_owned()];
    let keep = |person: &Person, secrets: &mut Vec<String>| {
        secrets.extend([ACCESS, REFRESH].iter().filter_map(|name| person.client.cookie(name)));
    };
    keep(&buyer, &mut secrets);
    buyer.send(Request::post("/api/users/refresh")).expect(200);
    keep(&buyer, &mut secrets);
    let new = format!("{PASSWORD_CANARY}-new");
    let change = json!({"current": buyer.password, "new": new});
    buyer.put("/api/users/password", &change).expect(200);
    keep(&buyer, &mut secrets);
    // Secrets in bodies that are refused, too: an error must not quote them.
    buyer.send(Request::post("/api/users/signin").json_bytes(format!("{{{new}"))).expect(400);
    let wrong = json!({"email": {"x": new}, "password": new});
    buyer.post("/api/users/signin", &wrong).expect(400);
    buyer.post("/api/users/signin", &json!({"email": new, "password": new}));
    buyer.buy(&seller.sell("Secret", 100));
    let bearer = format!("Bearer {}", seller.token());
    server.client().send(Request::get("/api/orders").header("authorization", bearer)).expect(200);
    keep(&seller, &mut secrets);

    assert!(secrets.len() >= 7, "tokens to look for");
    let log = server.log();
    assert!(log.lines().count() > 50, "a log that says something: {log}");
    let found = |text: &str| secrets.iter().find(|secret| text.contains(*secret)).cloned();
    for line in log.lines() {
        assert_eq!(found(line), None, "in the log: {line}");
    }
    server.kill();
    for file in files(&server.folder().join("data")) {
        let bytes = fs::read(&file).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(found(&text), None, "in {}", file.display());
    }
}

#[test]
fn what_is_on_the_disk_is_the_owners_alone() {
    let server = Server::start();
    let data = server.folder().join("data");
    let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
    assert_eq!(mode(&data) & 0o077, 0, "the folder: {:o}", mode(&data));
    let files = files(&data);
    assert!(!files.is_empty());
    for file in files.iter().filter(|file| file.display().to_string().contains("key")) {
        assert_eq!(mode(file) & 0o077, 0, "{}: {:o}", file.display(), mode(file));
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
