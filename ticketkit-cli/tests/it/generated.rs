//! Projects with everything that the program can write, built, linted, tested and run.
//!
//! It builds into the target folder of this workspace, with its lock file: so only what the project
//! adds is compiled.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::support::{Answer, Place, run_in};

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn target() -> PathBuf {
    // …/debug/cargo-ticketkit
    let program = Path::new(env!("CARGO_BIN_EXE_cargo-ticketkit"));
    program.ancestors().nth(2).unwrap().to_owned()
}

/// Waits until no other test builds a project: all of them build the same program, in one folder.
pub(crate) fn alone() -> fs::File {
    let lock = fs::File::create(target().join("generated.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Every type of field, long names, several resources, events and handlers.
fn full(options: &[&str]) -> Place {
    let place = Place::empty();
    let deps = format!("path:{}", workspace().display());
    let new = ["new", "shop", "--service", "tickets", "--deps", &deps, "--no-git"];
    run_in(place.home(), &[&new[..], options].concat()).done();
    let long = "a-rather-long-resource";
    for args in [
        "add resource tickets ticket title:string price:money note:text? seats:u32? order:bool \
         until:time? by:uuid meta:json vip:bool? tags:json? left:u32 at:time group:i64 cost:money?",
        &format!("add resource tickets {long} a_rather_long_field_name:string b:u32"),
        "add service venues",
        "add service a-rather-long-service-na",
        "add event tickets ticket.created ticket_id:uuid title:string at:time extra:json? \
         --key ticket_id",
        "add event venues venue.a_rather_long_event_name.again venue_name:string --key venue_name",
        "add handler venues ticket.created",
        "add handler tickets venue.a_rather_long_event_name.again",
        "add handler tickets ticket.created",
    ] {
        place.run(&args.split_whitespace().collect::<Vec<_>>()).done();
    }
    fs::copy(workspace().join("Cargo.lock"), place.root().join("Cargo.lock")).unwrap();
    place
}

#[track_caller]
pub(crate) fn cargo(root: &Path, args: &[&str]) {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_NET_OFFLINE", "true")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "cargo {args:?}: {text}");
    assert!(!text.contains("warning: "), "cargo {args:?}: {text}");
}

/// Formatted and linted, with tests that pass and docs that build.
fn is_sound(place: &Place) {
    let root = place.root();
    cargo(&root, &["fmt", "--all", "--check"]);
    cargo(&root, &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    cargo(&root, &["test", "--quiet", "--workspace"]);
    cargo(&root, &["doc", "--quiet", "--workspace", "--no-deps"]);
    place.run(&["status"]).done();
}

#[test]
fn a_project_with_everything_is_sound_and_serves() {
    let _alone = alone();
    let place = full(&[]);
    is_sound(&place);
    cargo(&place.root(), &["build", "--quiet", "--package", "shop"]);

    let doctor = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cargo-ticketkit"));
        program.arg("doctor").current_dir(place.root()).stdin(Stdio::null());
        program.env("SHOP_ADDR", "127.0.0.1:0").env("CARGO_TARGET_DIR", target());
        Answer::of(program.output().unwrap())
    };
    let new = doctor().done().stderr;
    assert!(new.contains("makes the databases of a-rather-long-service-na, tickets"), "{new}");
    assert!(!place.root().join("data").exists(), "doctor made it");

    let process = Process::start(&place);
    let well = doctor().done().stderr;
    assert!(well.contains("all have run") && well.contains("the handlers of 2 services"), "{well}");
    let ticket = r#"{"title":"A show","price":1999,"order":true,"by":
        "01990000-0000-7000-8000-000000000001","meta":{},"left":1,"at":"2026-11-23T06:15:00Z",
        "group":-7}"#;
    let created = process.send("POST", "/api/tickets", ticket);
    assert!(created.starts_with("HTTP/1.1 201"), "{created}");
    let listed = process.send("GET", "/api/tickets", "");
    assert!(listed.starts_with("HTTP/1.1 200") && listed.contains("A show"), "{listed}");
    let refused = process.send("POST", "/api/tickets", r#"{"title":""}"#);
    assert!(refused.contains("application/problem+json"), "{refused}");
    let ready = process.send("GET", "/readyz", "");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");

    // Of a handler that is gone the subscription stays.
    place.run(&["remove", "handler", "venues", "ticket.created"]).done();
    doctor().refused(1, &["venues has a subscription and no handler", "1 finding"]);
}

/// The other end of the options: accounts, and a database server where one is named. Its own tests
/// sign up over HTTP and ask every service.
#[test]
fn a_project_with_accounts_on_either_database_is_sound() {
    let _alone = alone();
    let place = full(&["--auth", "--db", "both"]);
    place.run(&["add", "handler", "tickets", "user.created"]).done();
    is_sound(&place);
}

/// At most 60 % of the 599 crates that the same start with loco 1.2 locks: features are off until they
/// are chosen.
#[test]
fn a_first_service_with_accounts_locks_few_crates() {
    let place = Place::empty();
    let deps = format!("path:{}", workspace().display());
    run_in(place.home(), &["new", "shop", "--auth", "--deps", &deps, "--no-git"]).done();
    cargo(&place.root(), &["generate-lockfile", "--quiet"]);
    let crates = place.read("Cargo.lock").matches("\n[[package]]\n").count();
    assert!((100..=359).contains(&crates), "{crates}");
}

/// What differs from the one before is in few files; whether they compile is seen without a server.
#[test]
fn a_project_that_needs_a_server_is_linted() {
    let _alone = alone();
    let place = full(&["--auth", "--db", "postgres"]);
    cargo(&place.root(), &["fmt", "--all", "--check"]);
    let clippy = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    cargo(&place.root(), &clippy);
}

struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(place: &Place) -> Self {
        let mut child = Command::new(target().join("debug/shop"))
            .current_dir(place.root())
            .env("SHOP_ADDR", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned))
            .expect("the process tells its address");
        Self { child, address }
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
