//! One `cargo build` of all that is run.

use std::{
    collections::{BTreeMap, BTreeSet},
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
pub(super) struct Outcome {
    pub(super) made: Made,
    pub(super) took: Duration,
    pub(super) is_whole: bool,
}

/// What a build made.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Where each program is, by its name.
    pub(super) programs: BTreeMap<String, PathBuf>,
    /// The packages that were not as they had been compiled before.
    pub(super) compiled: BTreeSet<String>,
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
    Artifact { package_id: String, target: Target, executable: Option<PathBuf>, fresh: bool },
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
        let packages: BTreeSet<_> = list.iter().map(|program| &program.package).collect();
        for package in packages {
            cargo.args(["--package", package]);
        }
        let mut child = cargo.current_dir(root).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take();
        let shared = Arc::new(Mutex::new(Some(child)));
        let (cargo, voice, events) = (Arc::clone(&shared), voice.clone(), events.clone());
        thread::spawn(move || {
            let made = output.map(|output| read(output, &voice)).unwrap_or_default();
            // It closed its output, so it ends: nobody waits long for the lock.
            let ended = cargo.lock().unwrap_or_else(PoisonError::into_inner).take();
            let status = ended.map(|mut child| child.wait());
            let is_whole = matches!(status, Some(Ok(status)) if status.success());
            let outcome = Outcome { made, took: begun.elapsed(), is_whole };
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

/// Shows what the compiler says, and collects what it made.
fn read(output: impl Read, voice: &Voice) -> Made {
    let mut made = Made::default();
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Message::Artifact { package_id, target, executable, fresh }) => {
                if let Some(path) = executable {
                    made.programs.insert(target.name, path);
                }
                if !fresh {
                    made.compiled.insert(package(&package_id).to_owned());
                }
            }
            Ok(Message::Said { message }) => {
                if let Some(text) = &message.rendered {
                    voice.diagnostic(&message.level, text);
                }
            }
            Ok(Message::Other) => {}
            // What a build script or a wrapper of the compiler printed.
            Err(_) => voice.plain(&line),
        }
    }
    made
}

/// The name in `path+file:///shop/tickets#shop-tickets@0.1.0`, or, where the folder has it, in
/// `path+file:///shop/shop-tickets#0.1.0`.
fn package(id: &str) -> &str {
    let (place, name) = id.rsplit_once('#').unwrap_or((id, ""));
    let folder = || place.rsplit('/').next().unwrap_or(place);
    name.split_once('@').map_or_else(folder, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn packages_are_named() {
        for id in [
            "path+file:///shop/tickets#shop-tickets@0.1.0",
            "path+file:///a#b/shop-tickets#0.1.0",
            "registry+https://example.com/index#shop-tickets@1.0.0+x",
        ] {
            assert_eq!(package(id), "shop-tickets");
        }
    }
}
