//! One `cargo build` of all that is run.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc::Sender},
    thread,
    time::{Duration, Instant},
};

use serde::Deserialize;

use super::{
    Event,
    programs::{self, Program},
    voice::Voice,
};

/// How a build ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Where each program is, by its name.
    Built {
        programs: BTreeMap<String, PathBuf>,
        took: Duration,
    },
    Broken,
}

/// A build under way.
#[derive(Debug)]
pub(super) struct Build {
    cargo: Arc<Mutex<Option<Child>>>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact { target: Target, executable: Option<PathBuf> },
    #[serde(rename = "compiler-message")]
    Said { message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
}

impl Build {
    /// Starts to build; the end is told as [`Event::Built`].
    pub(super) fn start(
        root: &Path,
        list: &[Program],
        voice: &Voice,
        events: &Sender<Event>,
    ) -> std::io::Result<Self> {
        let begun = Instant::now();
        let mut cargo = programs::cargo();
        let colour = if voice.is_coloured() { "always" } else { "never" };
        let format = if voice.is_coloured() { "json-diagnostic-rendered-ansi" } else { "json" };
        cargo.args(["build", "--message-format", format, "--color", colour]);
        for program in list {
            cargo.args(["--package", &program.package]);
        }
        let mut child = cargo.current_dir(root).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take();
        let shared = Arc::new(Mutex::new(Some(child)));
        let (cargo, voice, events) = (Arc::clone(&shared), voice.clone(), events.clone());
        thread::spawn(move || {
            let programs = output.map(|output| read(output, &voice)).unwrap_or_default();
            // It closed its output, so it ends: nobody waits long for the lock.
            let ended = cargo.lock().unwrap_or_else(PoisonError::into_inner).take();
            let status = ended.map(|mut child| child.wait());
            let outcome = match status {
                Some(Ok(status)) if status.success() => {
                    Outcome::Built { programs, took: begun.elapsed() }
                }
                _ => Outcome::Broken,
            };
            // Who does not listen any more ends.
            drop(events.send(Event::Built(outcome)));
        });
        Ok(Self { cargo: shared })
    }

    /// Ends it early. What was compiled stays.
    pub(super) fn cancel(&self) {
        let mut cargo = self.cargo.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(child) = cargo.as_mut() {
            // It may have ended by itself.
            drop(child.kill());
        }
    }
}

/// Shows what the compiler says, and collects where programs are.
fn read(output: impl Read, voice: &Voice) -> BTreeMap<String, PathBuf> {
    let mut programs = BTreeMap::new();
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Message::Artifact { target, executable: Some(path) }) => {
                programs.insert(target.name, path);
            }
            Ok(Message::Said { message }) => {
                if let Some(text) = &message.rendered {
                    voice.diagnostic(&message.level, text);
                }
            }
            Ok(Message::Artifact { .. } | Message::Other) => {}
            // What a build script or a wrapper of the compiler printed.
            Err(_) => voice.plain(&line),
        }
    }
    programs
}
