//! `doctor`: what it finds, and that the command it names mends it.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

use super::support::{Answer, Place};

/// Runs it where nothing of this machine is in the way: on a free port.
fn doctor(place: &Place, env: &[(&str, &str)]) -> Answer {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cargo-ticketkit"));
    program.args(["doctor", "--json"]).current_dir(place.root()).stdin(Stdio::null());
    program.env("SHOP_ADDR", "127.0.0.1:0").env_remove("CARGO_TARGET_DIR");
    Answer::of(program.envs(env.iter().copied()).output().unwrap())
}

/// The one finding there is.
#[track_caller]
fn finding(place: &Place, env: &[(&str, &str)]) -> (String, String, String) {
    let answer = doctor(place, env).refused(1, &["1 finding"]);
    let said = answer.json();
    let found = said["findings"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{said}");
    let text = |name: &str| found[0][name].as_str().unwrap().to_owned();
    (text("check"), text("text"), text("mend"))
}

#[test]
fn a_new_project_has_nothing_to_mend() {
    let answer = doctor(&Place::grown(), &[]).done();
    let said = answer.json();
    assert_eq!(said["findings"], Value::Array(Vec::new()));
    assert!(said["checks"].as_array().unwrap().len() >= 8, "{said}");
    assert!(answer.stderr.contains("nothing was found"), "{}", answer.stderr);
}

#[test]
fn lists_that_were_edited_or_lost_are_found() {
    let place = Place::grown();
    fs::remove_file(place.root().join("tickets/src/routes/mod.rs")).unwrap();
    let (check, text, mend) = finding(&place, &[]);
    assert_eq!(check, "files");
    assert!(text.contains("tickets/src/routes/mod.rs is missing"), "{text}");
    // What it says is a command that mends it.
    let shell = Command::new("sh").args(["-c", &mend]).current_dir(place.root()).status();
    assert!(shell.unwrap().success(), "{mend}");
    doctor(&place, &[]).done();
    place.write("tickets/src/routes/mod.rs", "// Mine.\n");
    assert!(finding(&place, &[]).1.contains("was edited"));
}

#[test]
fn a_compiler_that_is_too_old_is_found() {
    let place = Place::shop();
    let manifest = place.read("Cargo.toml");
    let future = manifest.replace("rust-version = \"1.", "rust-version = \"9.");
    assert_ne!(manifest, future);
    // As if a template had asked for it.
    place.write("Cargo.toml", &future);
    let answer = doctor(&place, &[]).refused(1, &["the project needs Rust 9.", "rustup update"]);
    let checks = answer.json()["findings"].clone();
    assert!(checks.as_array().unwrap().iter().any(|one| one["check"] == "toolchain"), "{checks}");
}

#[test]
fn crates_that_are_gone_or_of_another_version_are_found() {
    let place = Place::shop();
    let gone = place.home().join("gone");
    let answers = place.read("ticketkit.toml");
    let moved = answers.replace("crates-io", &format!("path:{}", gone.display()));
    place.write("ticketkit.toml", &moved);
    place.run(&["update"]).done();
    let (check, text, _) = finding(&place, &[]);
    assert_eq!(check, "crates");
    assert!(text.contains(gone.to_str().unwrap()), "{text}");
    place.write("ticketkit.toml", &answers);
    place.run(&["update"]).done();
    place.write("Cargo.lock", "[[package]]\nname = \"ticketkit-core\"\nversion = \"0.0.1\"\n");
    let (_, text, mend) = finding(&place, &[]);
    assert!(text.contains("ticketkit-core 0.0.1 is locked"), "{text}");
    assert_eq!(mend, "cargo update --package ticketkit-core");
    place.write("Cargo.lock", "<<<<<<< ours\n");
    assert!(finding(&place, &[]).1.contains("Cargo.lock cannot be read"));
}

#[test]
fn settings_that_cannot_be_are_found() {
    let place = Place::shop();
    place.write("shop.toml", "data_dir = \"./elsewhere\"\npassword = canary\n");
    let answer = doctor(&place, &[]).refused(1, &["shop.toml cannot be read: line 2"]);
    assert!(!answer.stderr.contains("canary"), "{}", answer.stderr);
    fs::remove_file(place.root().join("shop.toml")).unwrap();
    let (check, text, _) = finding(&place, &[("SHOP_ADDR", "localhost")]);
    assert_eq!(check, "address");
    assert!(text.contains("SHOP_ADDR is `localhost`"), "{text}");
    place.write("file", "");
    let (check, text, _) = finding(&place, &[("SHOP_DATA_DIR", "file")]);
    assert_eq!(check, "data");
    assert!(text.contains("is no folder"), "{text}");
}

#[test]
fn an_address_in_use_and_servers_that_are_down_are_found() {
    let place = Place::shop();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (check, text, _) = finding(&place, &[("SHOP_ADDR", &address)]);
    assert_eq!(check, "address");
    assert!(text.contains("is in use by something else"), "{text}");

    // The listener takes connections, so it is a broker that can be reached, until it is gone.
    let url = format!("amqp://guest:canary@{address}");
    doctor(&place, &[("SHOP_EVENTS_URL", &url)]).done();
    drop(taken);
    let (check, text, mend) = finding(&place, &[("SHOP_EVENTS_URL", &url)]);
    assert_eq!(check, "servers");
    assert!(text.contains(&format!("{address} (SHOP_EVENTS_URL)")), "{text}");
    assert!(!text.contains("canary") && mend.contains("compose"), "{text} {mend}");
}

#[test]
fn a_run_of_the_project_is_asked_whether_it_is_ready() {
    let place = Place::shop();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let process = thread::spawn(move || {
        for answer in ["200 OK\r\n\r\n", "503 Unavailable\r\n\r\ntickets.database: disk is full"] {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1000]).unwrap();
            write!(stream, "HTTP/1.1 {answer}").unwrap();
        }
        // It listens on until it was asked whether it does.
        listener
    });
    let answer = doctor(&place, &[("SHOP_ADDR", &address)]).done();
    assert!(answer.stderr.contains(&format!("the process at {address} is ready")));
    let (check, text, _) = finding(&place, &[("SHOP_ADDR", &address)]);
    assert_eq!(check, "address");
    assert!(text.contains("is not ready: tickets.database: disk is full"), "{text}");
    drop(process.join().unwrap());
}

/// Puts a script where the built program is: what it says to `--check`, and how it ends then.
fn build(place: &Place, check: &str, code: i32) {
    use std::os::unix::fs::PermissionsExt;
    let program = place.root().join("target/debug/shop");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    let table = "| name |\\n|---|\\n| `SHOP_ADDR` | IP |\\n| `SHOP_DATA_DIR` | path |\\n";
    let stream = if code == 0 { 1 } else { 2 };
    let script = format!(
        "#!/bin/sh\ncase $1 in\n--check) echo '{check}' >&{stream}; exit {code};;\n\
         *) printf '{table}';;\nesac\n"
    );
    // Anew: what runs still may not be written to.
    drop(fs::remove_file(&program));
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Where the databases are as the program has it.
const AS_IT_SHOULD_BE: &str = r#"{"migrations":{"tickets":[],"venues":[]},
    "subscriptions":{"venues":["ticket.created"]}}"#;

#[test]
fn a_setting_that_the_program_does_not_know_is_found() {
    let place = Place::grown();
    build(&place, AS_IT_SHOULD_BE, 0);
    doctor(&place, &[]).done();
    let (check, text, mend) = finding(&place, &[("SHOP_ADRR", "127.0.0.1:0")]);
    assert_eq!(check, "program");
    assert!(text.contains("SHOP_ADRR") && mend.contains("SHOP_ADDR, SHOP_DATA_DIR"), "{mend}");
    assert!(mend.starts_with("unset SHOP_ADRR;"), "{mend}");
    place.write("shop.toml", "adrr = \"127.0.0.1:0\"\n");
    let mend = finding(&place, &[]).2;
    assert!(mend.starts_with("take `adrr` out of shop.toml;"), "{mend}");
}

#[test]
fn migrations_that_differ_are_found() {
    let place = Place::grown();
    let step = |state: &str| {
        let step = format!(r#"{{"version":2,"name":"seats","state":"{state}"}}"#);
        AS_IT_SHOULD_BE.replace(r#""tickets":[]"#, &format!(r#""tickets":[{step}]"#))
    };
    for (state, said, way) in [
        ("pending", "tickets: migration 2 `seats` has not run", "cargo run"),
        ("changed", "was changed since it has run", "git log --patch -- tickets/migrations"),
        ("unknown", "is none of the program", "git log --patch -- tickets/migrations"),
    ] {
        build(&place, &step(state), 0);
        let (check, text, mend) = finding(&place, &[]);
        assert_eq!(check, "migrations");
        assert!(text.contains(said) && text.contains("tickets: migration 2 `seats`"), "{text}");
        assert!(mend.contains(way), "{mend}");
    }
    // What the first start makes is no finding.
    build(&place, r#"{"migrations":{"tickets":null,"venues":null},"subscriptions":null}"#, 0);
    let answer = doctor(&place, &[]).done();
    for well in ["the databases of tickets, venues", "the first start makes them"] {
        assert!(answer.stderr.contains(well), "{}", answer.stderr);
    }
}

#[test]
fn subscriptions_that_are_not_as_declared_are_found() {
    let place = Place::grown();
    let missing = "venues is to hear ticket.created and is not subscribed";
    let other = "venues is to hear ticket.created and hears ticket.sold";
    let stale = "tickets has a subscription and no handler in ticketkit.toml";
    for (subscriptions, said, way) in [
        ("{}", missing, "cargo run"),
        (r#"{"venues":["ticket.sold"]}"#, other, "cargo run"),
        (
            r#"{"tickets":["ticket.created"],"venues":["ticket.created"]}"#,
            stale,
            r#"bus.remove_subscription("tickets")"#,
        ),
    ] {
        let right = r#"{"venues":["ticket.created"]}"#;
        build(&place, &AS_IT_SHOULD_BE.replace(right, subscriptions), 0);
        let (check, text, mend) = finding(&place, &[]);
        assert_eq!(check, "subscriptions");
        assert!(text.contains(said) && mend.contains(way), "{text} -> {mend}");
    }
}

#[test]
fn a_program_that_cannot_look_says_why() {
    let place = Place::shop();
    build(&place, "shop: cannot open the database of tickets: no access", 1);
    let (check, text, mend) = finding(&place, &[]);
    assert_eq!(check, "migrations");
    assert!(text.contains("the database of tickets: no access"), "{text}");
    assert_eq!(mend, "cargo run -- --check");
    build(&place, "listening on http://127.0.0.1:1", 0);
    assert!(finding(&place, &[]).1.contains("is not understood"));
    // One of before there was such a question.
    build(&place, "shop: unknown argument `--check`; allowed are --service NAME", 2);
    let answer = doctor(&place, &[]).done();
    assert!(answer.stderr.contains("the program knows no --check"), "{}", answer.stderr);
}
