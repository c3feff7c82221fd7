//! Runs the program in a folder of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints text");
        Self {
            code: output.status.code().expect("no signal ended the program"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The one object on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("standard output is one JSON object")
    }

    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }

    /// The answer is no, or the input is bad; what is said has all of `words`.
    #[track_caller]
    pub(crate) fn refused(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in {}", self.stderr);
        }
        self
    }
}

pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Answer {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cargo-ticketkit"));
    program.args(args).current_dir(folder).stdin(Stdio::null());
    Answer::of(program.output().expect("the program runs"))
}

/// A project called `shop` with a service `tickets`, or the folder where it will be.
pub(crate) struct Place {
    home: TempDir,
}

impl Place {
    pub(crate) fn empty() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn shop() -> Self {
        let place = Self::empty();
        let args = ["new", "shop", "--service", "tickets", "--deps", "crates-io", "--no-git"];
        run_in(place.home(), &args).done();
        place
    }

    /// A shop with a resource, an event and a handler.
    pub(crate) fn grown() -> Self {
        let place = Self::shop();
        place.run(&["add", "service", "venues"]).done();
        place.run(&["add", "resource", "tickets", "ticket", "title:string", "price:money"]).done();
        let event = ["add", "event", "tickets", "ticket.created", "ticket_id:uuid", "title:string"];
        place.run(&[&event[..], &["--key", "ticket_id"]].concat()).done();
        place.run(&["add", "handler", "venues", "ticket.created"]).done();
        place
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.home.path().join("shop")
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        run_in(&self.root(), args)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).expect(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::write(self.root().join(path), text).expect(path);
    }

    /// Every file by its path, to see what changed.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with(".ticketkit/lock") {
                    let name = path.strip_prefix(self.root()).unwrap().to_str().unwrap().to_owned();
                    files.insert(name, fs::read_to_string(path).unwrap());
                }
            }
        }
        files
    }
}
