//! `dev`, on a workspace of two programs of which each is a page of code.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    thread,
    time::Instant,
};

use rustix::process::Signal;
use tempfile::TempDir;

use super::{
    running::{Dev, PATIENCE, address, answer, edit, is, lock},
    support::run_in,
};

const PROGRAM: &str = r###"
use std::{io::{Read, Write}, net::TcpListener};

const ANSWER: &str = "first";

fn main() {
    let address = std::env::var("NAME_ADDR").unwrap_or("127.0.0.1:0".into());
    let listener = TcpListener::bind(&address).unwrap_or_else(|error| {
        eprintln!("NAME: cannot listen at {address} (NAME_ADDR): {error}");
        std::process::exit(1)
    });
    println!("listening on http://{}", listener.local_addr().unwrap());
    eprintln!(r##"{{"time":"2026-11-28T06:15:00Z","level":"INFO","target":"shop_tickets","message":"up"}}"##);
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let _ = stream.read(&mut [0; 1000]);
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{ANSWER}", ANSWER.len());
    }
}
"###;

/// The workspace: the project `shop`, and `worker`, which asks to be run.
fn workspace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(
        "ticketkit.toml",
        "template = 1\nname = \"shop\"\nauth = false\ndatabase = \"sqlite\"\ndeps = \"crates-io\"\n\
         [[service]]\nname = \"tickets\"\n",
    );
    put("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"shop\", \"worker\"]\n");
    for (name, more) in [("shop", ""), ("worker", "[package.metadata.ticketkit]\ndev = true\n")] {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{more}");
        put(&format!("{name}/Cargo.toml"), &manifest);
        put(&format!("{name}/src/main.rs"), &PROGRAM.replace("NAME", name));
    }
    lock(folder.path());
    folder
}

#[test]
fn what_changed_is_restarted_alone_and_what_does_not_build_runs_on() {
    let folder = workspace();
    let dev = Dev::start(folder.path(), &[], &[]);
    let (_, before) = dev.until("ready of both", {
        let ready = std::cell::Cell::new(0);
        move |event| {
            ready.set(ready.get() + i32::from(event["event"] == "ready"));
            ready.get() == 2
        }
    });
    let listening = |program| before.iter().find(|event| is(event, "listening", program)).unwrap();
    let (shop, worker) = (address(listening("shop")), address(listening("worker")));
    assert_eq!((answer(&shop, "/"), answer(&worker, "/")), ("first".into(), "first".into()));
    // It is said on the other stream than the address, so that it may be heard later.
    let logged = before.iter().find(|event| is(event, "log", "shop")).cloned();
    let logged = logged.unwrap_or_else(|| dev.event("log", "shop"));
    assert_eq!((&logged["service"], &logged["message"]), (&"tickets".into(), &"up".into()));

    edit(folder.path(), "worker/src/main.rs", "\"first\"", "\"second\"");
    let built = dev.until("built", |event| event["event"] == "built").0;
    assert_eq!(built["starting"], serde_json::json!(["worker"]));
    let worker = address(&dev.event("listening", "worker"));
    dev.event("ready", "worker");
    assert_eq!((answer(&shop, "/"), answer(&worker, "/")), ("first".into(), "second".into()));

    edit(folder.path(), "shop/src/main.rs", "\"first\";", "\"second\"");
    let (broken, before) = dev.until("broken", |event| event["event"] == "broken");
    assert_eq!(broken["running"], true);
    let said = before.iter().find(|event| event["event"] == "diagnostic").unwrap();
    assert!(said["text"].as_str().unwrap().contains("expected `;`"), "{said}");
    assert_eq!((answer(&shop, "/"), answer(&worker, "/")), ("first".into(), "second".into()));

    edit(folder.path(), "shop/src/main.rs", "\"second\"", "\"third\";");
    let shop = address(&dev.event("listening", "shop"));
    dev.event("ready", "shop");
    assert_eq!(answer(&shop, "/"), "third");

    dev.signal(Signal::INT);
    dev.until("end", |event| event["command"] == "dev" && event["ok"] == true);
    let (code, text) = dev.end();
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains('\x1b'), "no terminal, no colours: {text}");
    assert!(text.contains("06:15:00 tickets INFO  up"), "{text}");
    assert!(TcpStream::connect(shop).is_err() && TcpStream::connect(worker).is_err());
}

#[test]
fn killed_it_leaves_no_program_behind() {
    let folder = workspace();
    let dev = Dev::start(folder.path(), &[], &[]);
    let shop = address(&dev.event("listening", "shop"));
    dev.signal(Signal::KILL);
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(&shop).is_ok() {
        assert!(Instant::now() < deadline, "the program outlived dev");
        thread::yield_now();
    }
}

#[test]
fn a_port_in_use_is_told_and_the_next_change_tries_again() {
    let folder = workspace();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dev = Dev::start(folder.path(), &["--poll"], &[("shop_ADDR", &address)]);
    let (ended, before) = dev.until("end of shop", |event| is(event, "ended", "shop"));
    assert_eq!(ended["code"], 1);
    let said = before.iter().find(|event| is(event, "output", "shop")).unwrap();
    assert!(said["line"].as_str().unwrap().contains("(shop_ADDR)"), "{said}");
    drop(taken);
    // Nothing is built anew for it.
    fs::write(folder.path().join("shop.toml"), "").unwrap();
    dev.event("ready", "shop");
}

#[test]
fn a_program_that_joins_the_workspace_is_run_and_one_that_leaves_is_drained() {
    let folder = workspace();
    edit(folder.path(), "worker/Cargo.toml", "dev = true", "dev = false");
    let dev = Dev::start(folder.path(), &[], &[]);
    let (_, before) = dev.until("ready of shop", |event| is(event, "ready", "shop"));
    assert!(!before.iter().any(|event| event["program"] == "worker"), "{before:#?}");
    edit(folder.path(), "worker/Cargo.toml", "dev = false", "dev = true");
    let worker = address(&dev.event("listening", "worker"));
    dev.event("ready", "worker");
    edit(folder.path(), "worker/Cargo.toml", "dev = true", "dev = false");
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(&worker).is_ok() {
        assert!(Instant::now() < deadline, "the worker runs on");
        thread::yield_now();
    }
}

#[test]
fn what_cannot_be_run_is_told_in_a_sentence() {
    let folder = workspace();
    let nowhere = tempfile::tempdir().unwrap();
    run_in(nowhere.path(), &["dev"]).refused(2, &["is in no project"]);
    fs::write(folder.path().join("Cargo.toml"), "[workspace\n").unwrap();
    run_in(folder.path(), &["dev"]).refused(1, &["cargo cannot read the workspace"]);
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\nmembers = []\n").unwrap();
    run_in(folder.path(), &["dev"]).refused(1, &["nothing to run", "`shop`", "dev = true"]);
}
