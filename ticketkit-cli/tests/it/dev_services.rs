//! `dev`, on a project whose program runs each service in a process: a page of code with the command
//! line that the templates write.

use std::{
    fs,
    net::TcpStream,
    sync::mpsc::{self, TryRecvError},
    thread,
    time::Instant,
};

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::running::{Dev, PATIENCE, address, answer, edit, is, lock};

const PROGRAM: &str = r###"
use std::{io::{Read, Write}, net::TcpListener};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let own = match &arguments[..] {
        [option, name] if option == "--service" && name == "tickets" => shop_tickets::ANSWER,
        [option, name] if option == "--service" && name == "venues" => shop_venues::ANSWER,
        _ => panic!("{arguments:?}"),
    };
    let listener = TcpListener::bind(std::env::var("SHOP_ADDR").unwrap()).unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let _ = stream.read(&mut [0; 1000]);
        let answer = format!("{} {} {own} {}", arguments[1], FRAME, std::process::id());
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
        // At once: it does not drain, so that a signal may come between two writes.
        let _ = stream.write_all((head + &answer).as_bytes());
    }
}

const FRAME: &str = "frame";
"###;

fn workspace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(
        "ticketkit.toml",
        "template = 3\nname = \"shop\"\nauth = false\ndatabase = \"sqlite\"\ndeps = \"crates-io\"\n\
         [[service]]\nname = \"tickets\"\n[[service]]\nname = \"venues\"\n",
    );
    put(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"app\", \"tickets\", \"venues\"]\n",
    );
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\n{more}")
    };
    let mut services = String::new();
    for name in ["tickets", "venues"] {
        put(&format!("{name}/Cargo.toml"), &package(&format!("shop-{name}"), ""));
        put(&format!("{name}/src/lib.rs"), "pub const ANSWER: &str = \"first\";\n");
        services.push_str(&format!("shop-{name} = {{ path = \"../{name}\" }}\n"));
    }
    put("app/Cargo.toml", &package("shop", &services));
    put("app/src/main.rs", PROGRAM);
    lock(folder.path());
    folder
}

/// What a service says behind the one address: which it is, the code of the program, its own, and the
/// id of its process.
fn said(shop: &str, service: &str) -> Vec<String> {
    let answer = answer(shop, &format!("/api/{service}/1"));
    answer.split(' ').map(str::to_owned).collect()
}

/// Waits until what is asked for was answered.
#[track_caller]
fn ready(dev: &Dev, services: &[&str]) -> Vec<Value> {
    let mut left = services.to_vec();
    let mut all = Vec::new();
    while !left.is_empty() {
        let (event, before) = dev.until("ready", |event| event["event"] == "ready");
        left.retain(|service| event["program"] != *service);
        all.extend(before);
    }
    all
}

#[test]
fn only_the_service_that_changed_gets_another_process_and_no_request_is_lost() {
    let folder = workspace();
    let env = [("SHOP_ADDR", "127.0.0.1:0")];
    let dev = Dev::start(folder.path(), &[], &env);
    let before = ready(&dev, &["tickets", "venues"]);
    let shop = address(before.iter().find(|event| is(event, "listening", "shop")).unwrap());
    let (tickets, venues) = (said(&shop, "tickets"), said(&shop, "venues"));
    assert_eq!(tickets[..3], ["tickets", "frame", "first"]);
    assert_eq!(venues[..3], ["venues", "frame", "first"]);
    assert!(answer(&shop, "/readyz").starts_with("ready"));

    // It ends when the other end is dropped, also by a test that fails.
    let (over, asks_on) = mpsc::channel::<()>();
    let asking = thread::spawn({
        let shop = shop.clone();
        move || {
            let mut seen = Vec::new();
            while asks_on.try_recv() == Err(TryRecvError::Empty) {
                seen.push(said(&shop, "venues"));
            }
            seen
        }
    });
    edit(folder.path(), "venues/src/lib.rs", "first", "second");
    let built = dev.until("built", |event| event["event"] == "built").0;
    assert_eq!(built["starting"], json!(["venues"]), "{before:#?}");
    ready(&dev, &["venues"]);
    drop(over);
    // The old code, then the new, and nothing between.
    let seen = asking.join().unwrap();
    assert!(seen.iter().all(|said| said.len() == 4 && said[0] == "venues"), "{seen:?}");
    // A build that changes nothing leaves all as they are.
    fs::write(folder.path().join("README.md"), "Tickets.\n").unwrap();
    let built = dev.until("built", |event| event["event"] == "built").0;
    assert_eq!(built["starting"], json!([]));
    assert_eq!(said(&shop, "tickets"), tickets, "its process is the same");
    let after = said(&shop, "venues");
    assert_eq!(after[2], "second");
    assert_ne!(after[3], venues[3]);

    // What does not build leaves both; what was compiled meanwhile is not forgotten.
    edit(folder.path(), "tickets/src/lib.rs", "first", "third");
    edit(folder.path(), "app/src/main.rs", "const FRAME", "const FRAME?");
    dev.until("broken", |event| event["event"] == "broken");
    assert_eq!((said(&shop, "tickets"), said(&shop, "venues")), (tickets, after.clone()));
    edit(folder.path(), "app/src/main.rs", "const FRAME?", "const FRAME");
    ready(&dev, &["tickets"]);
    assert_eq!(said(&shop, "tickets")[2], "third");

    // All have the program in common.
    edit(folder.path(), "app/src/main.rs", "\"frame\"", "\"other\"");
    ready(&dev, &["tickets", "venues"]);
    assert_eq!(said(&shop, "tickets")[..3], ["tickets", "other", "third"]);
    assert_eq!(said(&shop, "venues")[..3], ["venues", "other", "second"]);

    dev.signal(Signal::INT);
    dev.until("end", |event| event["command"] == "dev" && event["ok"] == true);
    let (code, text) = dev.end();
    assert_eq!(code, Some(0), "{text}");
    assert!(TcpStream::connect(&shop).is_err());
}

#[test]
fn a_service_that_ends_by_itself_is_told_to_whoever_asks() {
    let folder = workspace();
    let dev = Dev::start(folder.path(), &[], &[("SHOP_ADDR", "127.0.0.1:0")]);
    let before = ready(&dev, &["tickets", "venues"]);
    let shop = address(before.iter().find(|event| is(event, "listening", "shop")).unwrap());
    edit(folder.path(), "venues/src/lib.rs", "first", "x");
    edit(folder.path(), "app/src/main.rs", "let listener", "assert!(own.len() > 2);\nlet listener");
    dev.event("ended", "venues");
    let deadline = Instant::now() + PATIENCE;
    while !answer(&shop, "/readyz").starts_with("venues") {
        assert!(Instant::now() < deadline, "it is not told");
        thread::yield_now();
    }
    assert!(answer(&shop, "/api/venues").contains("venues ended by itself"));
    assert_eq!(said(&shop, "tickets")[0], "tickets");
}
