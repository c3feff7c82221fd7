//! `dev`, told apart by its events.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long anything may take, on a machine with other work.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// A running `dev`; killed when dropped.
pub(crate) struct Dev {
    child: Child,
    events: Receiver<Value>,
    /// What people read.
    text: Option<JoinHandle<String>>,
}

impl Dev {
    pub(crate) fn start(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cargo-ticketkit"))
            .args(["dev", "--json"])
            .args(args)
            .current_dir(folder)
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_NET_OFFLINE", "true")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("every line is an object");
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let text = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = errors.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, events, text: Some(text) }
    }

    /// Waits for an event, and returns it and those before it.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> (Value, Vec<Value>) {
        let deadline = Instant::now() + PATIENCE;
        let mut before = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) if is_it(&event) => return (event, before),
                Ok(event) => before.push(event),
                Err(error) => panic!("no {what} ({error}) after {before:#?}"),
            }
        }
    }

    #[track_caller]
    pub(crate) fn event(&self, name: &str, program: &str) -> Value {
        self.until(&format!("{name} of {program}"), |event| is(event, name, program)).0
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end, and returns the exit code and what people read.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        (code, self.text.take().unwrap().join().unwrap())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn is(event: &Value, name: &str, program: &str) -> bool {
    event["event"] == name && event["program"] == program
}

pub(crate) fn address(listening: &Value) -> String {
    listening["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned()
}

/// What a program answers to a path.
pub(crate) fn answer(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

pub(crate) fn edit(folder: &Path, path: &str, from: &str, to: &str) {
    let path = folder.join(path);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// Writes the lock file, which the first build would write, and thereby make `dev` build once more at
/// a moment that no test knows.
pub(crate) fn lock(folder: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["generate-lockfile", "--quiet", "--offline"]).current_dir(folder);
    assert!(cargo.status().unwrap().success());
}
