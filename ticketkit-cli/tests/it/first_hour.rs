//! The tutorial of the book, from top to bottom.
//!
//! What runs is what the page shows, by the first line of each fence:
//!
//! | fence | what becomes of it |
//! |---|---|
//! | `sh` | it runs, and must succeed; `sh fails` must end with 1 |
//! | `sh dev` | it runs beside the rest, until a line that begins with `Ctrl-C` |
//! | `sh install` | the program of this build stands in for what it installs |
//! | `diff` | it is applied |
//! | `text` | each line is in what the commands before it printed, `…` standing for anything |
//! | `log` | each line appears in what `dev` prints |
//!
//! The address is another one, so that two tests can run beside each other.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{
    generated::{alone, target, workspace},
    running::PATIENCE,
};

const PAGE: &str = include_str!("../../../docs/src/first-hour.md");

const ADDRESS: &str = "127.0.0.1:3000";

enum Step {
    Fence { kind: String, text: String },
    Interrupt,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let inside = lines.by_ref().take_while(|line| *line != "```");
            let text = inside.flat_map(|line| [line, "\n"]).collect();
            steps.push(Step::Fence { kind: kind.to_owned(), text });
        } else if line.starts_with("Ctrl-C ") {
            steps.push(Step::Interrupt);
        }
    }
    steps
}

/// Whether a text has a line with all that is shown, in its order, however many spaces are between.
fn shows(text: &str, shown: &str) -> bool {
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = squeezed(shown);
    text.lines().map(squeezed).any(|line| {
        let mut rest = line.as_str();
        shown.split('…').map(str::trim).all(|part| match rest.find(part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    })
}

/// A person who reads the page, and two terminals.
struct Reader {
    home: TempDir,
    /// Where the terminals are.
    folder: PathBuf,
    address: String,
    printed: String,
    dev: Option<Child>,
    log: Arc<Mutex<String>>,
    /// How much of the log was looked at.
    seen: usize,
}

impl Reader {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let (folder, printed, log) = (home.path().to_owned(), String::new(), Arc::default());
        Self { home, folder, address, printed, dev: None, log, seen: 0 }
    }

    fn shell(&self, script: &str) -> Command {
        let mut shell = Command::new("sh");
        let own = Path::new(env!("CARGO_BIN_EXE_cargo-ticketkit")).parent().unwrap().to_owned();
        let others = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([own].into_iter().chain(env::split_paths(&others)));
        shell
            .args(["-e", "-c", &script.replace(ADDRESS, &self.address)])
            .current_dir(&self.folder)
            .env("PATH", path.unwrap())
            .env("SHOP_ADDR", &self.address)
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_NET_OFFLINE", "true")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
            .stdin(Stdio::null());
        shell
    }

    fn run(&mut self, script: &str, code: i32) {
        let place = self.home.path().join("place");
        let script = format!("trap 'pwd > {}' EXIT\n{script}", place.display());
        let output = self.shell(&script).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.printed = format!("{}\n{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{script}\n{}\n{}", self.printed, self.log());
        self.folder = fs::read_to_string(place).unwrap().trim().into();
        if script.contains("ticketkit new") {
            // So that only what the project adds is compiled.
            let lock = self.folder.join("Cargo.lock");
            fs::copy(workspace().join("Cargo.lock"), lock).unwrap();
        }
    }

    fn start(&mut self, script: &str) {
        // So that the signal is for the program and not for the shell.
        let mut shell = self.shell(&format!("exec {script}"));
        let mut child = shell.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::clone(&self.log);
        thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let mut log = log.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        self.dev = Some(child);
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log has each line, after what was looked at before.
    fn watch(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        for shown in text.replace(ADDRESS, &self.address).lines() {
            while !shows(&self.log()[self.seen..], shown) {
                assert!(Instant::now() < deadline, "{shown:?} is not in {}", self.log());
                thread::sleep(Duration::from_millis(20));
            }
        }
        self.seen = self.log().len();
    }

    fn apply(&self, patch: &str) {
        let mut git = self
            .shell("git apply --recount --unidiff-zero -")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(patch.as_bytes()).unwrap();
        assert!(git.wait().unwrap().success(), "{patch}");
    }

    fn interrupt(&mut self) {
        let mut dev = self.dev.take().expect("dev runs");
        kill_process(Pid::from_child(&dev), Signal::INT).unwrap();
        assert!(dev.wait().unwrap().success(), "{}", self.log());
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(dev) = &mut self.dev {
            let _ = dev.kill();
            let _ = dev.wait();
        }
    }
}

#[test]
fn the_page_does_what_it_says() {
    let _alone = alone();
    let mut reader = Reader::new();
    for step in steps(PAGE) {
        let Step::Fence { kind, text } = step else {
            reader.interrupt();
            continue;
        };
        match kind.as_str() {
            "sh" => reader.run(&text, 0),
            "sh fails" => reader.run(&text, 1),
            "sh dev" => reader.start(&text),
            "sh install" => {
                let path = text.trim().strip_prefix("cargo install --path ").unwrap();
                let manifest = workspace().join(path).join("Cargo.toml");
                assert!(
                    fs::read_to_string(manifest).unwrap().contains("name = \"cargo-ticketkit\"")
                );
            }
            "diff" => reader.apply(&text),
            "log" => reader.watch(&text),
            "text" => {
                for shown in text.replace(ADDRESS, &reader.address).lines() {
                    assert!(
                        shows(&reader.printed, shown),
                        "{shown:?} is not in {}",
                        reader.printed
                    );
                }
            }
            other => panic!("nothing is known of fences of {other:?}"),
        }
    }
    assert!(reader.dev.is_none(), "the page leaves dev running");
}

#[test]
fn what_is_shown_must_be_there() {
    assert!(shows("a\n12:00 venues   INFO a show: x\n", "venues … a show"));
    for shown in ["venues … no show", "a show … venues", "a 12:00"] {
        assert!(!shows("a\n12:00 venues   INFO a show: x\n", shown), "{shown}");
    }
}
