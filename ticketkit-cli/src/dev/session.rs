//! The loop that owns the build and the programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{
    Event, Run,
    build::{Build, Outcome},
    child::{Running, Stamp},
    probe,
    programs::{self, Program, Programs},
    voice::Voice,
    watch::Watch,
};
use crate::{answers::Answers, failure::Failure};

/// How it is done.
#[derive(Debug)]
pub(crate) struct Options {
    /// Whether files are looked at again and again.
    pub(crate) polls: bool,
    pub(crate) json: bool,
}

/// Builds and runs the programs of a project, and keeps them current, until a signal.
///
/// # Errors
///
/// If there is nothing to run, or cargo or the watching does not work at all.
pub(crate) fn run(root: &Path, answers: &Answers, options: &Options) -> Result<(), Failure> {
    let (sender, events) = mpsc::channel();
    catch(&sender)?;
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let voice = Voice::new(answers, options.json, colour);
    let programs = programs::find(root, answers.name.as_str())?;
    let watch = Watch::start(root, &programs.target, options.polls, &voice, &sender);
    let watch = watch.map_err(|error| {
        Failure::no(format!("cannot watch {} for changes: {error}", root.display()))
    })?;
    let mut session = Session {
        root: root.to_owned(),
        answers: answers.clone(),
        voice,
        sender,
        watch,
        slots: Vec::new(),
        build: None,
        changed: None,
        asked: Instant::now(),
        runs: 0,
        restarts_all: false,
        was_ready: false,
        ending: false,
    };
    session.arrange(programs);
    session.build("building");
    session.until_ended(&events);
    Ok(())
}

fn catch(events: &Sender<Event>) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
        .map_err(|error| Failure::no(format!("cannot catch signals: {error}")))?;
    let events = events.clone();
    thread::spawn(move || {
        for _ in signals.forever() {
            if events.send(Event::Signal).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// A program, its run if it has one, and what runs next.
#[derive(Debug)]
struct Slot {
    program: Program,
    running: Option<Running>,
    /// Started when the one that runs has drained.
    next: Option<PathBuf>,
    is_gone: bool,
}

struct Session {
    root: PathBuf,
    answers: Answers,
    voice: Voice,
    sender: Sender<Event>,
    watch: Watch,
    slots: Vec<Slot>,
    build: Option<Build>,
    /// What changed while a build was under way.
    changed: Option<BTreeSet<PathBuf>>,
    /// When the change was noticed that is answered now.
    asked: Instant,
    /// Counts the runs of all programs.
    runs: u64,
    /// Whether the settings changed, which no build shows.
    restarts_all: bool,
    was_ready: bool,
    ending: bool,
}

impl Session {
    fn until_ended(&mut self, events: &Receiver<Event>) {
        while !self.is_over() {
            // The session holds a sender, so that this never fails.
            let Ok(event) = events.recv() else { return };
            match event {
                Event::Changed(paths) => self.on_change(paths),
                Event::Built(outcome) => self.on_built(outcome),
                Event::Listening { run, url } => self.on_listening(run, &url),
                Event::Ready { run } => self.on_ready(&run),
                Event::NotReady { run, answer } if self.is_current(&run) => self.voice.note(
                    "notReady",
                    &format!("{} is not ready yet: {answer}", run.program),
                    json!({ "program": run.program, "answer": answer }),
                ),
                Event::NotReady { .. } => {}
                Event::Ended { run, status } => self.on_ended(&run, status),
                Event::Signal => self.on_signal(),
            }
        }
    }

    fn is_over(&self) -> bool {
        self.ending && self.build.is_none() && self.slots.iter().all(|slot| slot.running.is_none())
    }

    fn is_current(&self, run: &Run) -> bool {
        self.slots
            .iter()
            .filter_map(|slot| slot.running.as_ref())
            .any(|running| running.run == *run)
    }

    /// Makes a slot for each program; one that is gone drains.
    fn arrange(&mut self, programs: Programs) {
        for slot in &mut self.slots {
            slot.is_gone = !programs.list.contains(&slot.program);
            if let Some(running) = slot.running.as_mut().filter(|_| slot.is_gone) {
                running.drain();
            }
        }
        self.slots.retain(|slot| !slot.is_gone || slot.running.is_some());
        for program in programs.list {
            if !self.slots.iter().any(|slot| slot.program == program) {
                let (running, next) = (None, None);
                self.slots.push(Slot { program, running, next, is_gone: false });
            }
        }
    }

    fn on_change(&mut self, paths: BTreeSet<PathBuf>) {
        if self.ending {
            return;
        }
        if self.build.is_some() {
            self.changed.get_or_insert_default().extend(paths);
            return;
        }
        self.asked = Instant::now();
        if let Err(error) = self.watch.extend(&self.voice) {
            self.fault(&format!("cannot watch all files: {error}"));
        }
        let is_in_root = |name: &str| paths.contains(&self.root.join(name));
        self.restarts_all |= is_in_root(&format!("{}.toml", self.answers.name));
        if paths.iter().any(|path| path.ends_with("Cargo.toml")) {
            match programs::find(&self.root, self.answers.name.as_str()) {
                Ok(programs) => self.arrange(programs),
                Err(failure) => return self.fault(&failure.to_string()),
            }
        }
        let first = paths.first().map(|path| path.strip_prefix(&self.root).unwrap_or(path));
        let first = first.map(|path| path.display().to_string()).unwrap_or_default();
        let others = match paths.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        self.build(&format!("building: {first}{others} changed"));
    }

    fn build(&mut self, why: &str) {
        let list = self.slots.iter().filter(|slot| !slot.is_gone);
        let list: Vec<_> = list.map(|slot| slot.program.clone()).collect();
        self.voice.note("building", why, json!({}));
        match Build::start(&self.root, &list, &self.voice, &self.sender) {
            Ok(build) => self.build = Some(build),
            Err(error) => self.fault(&format!("cannot run cargo: {error}")),
        }
    }

    fn on_built(&mut self, outcome: Outcome) {
        self.build = None;
        if self.ending {
            return;
        }
        match outcome {
            Outcome::Built { programs, took } => self.replace(&programs, took),
            Outcome::Broken => {
                let runs = self.slots.iter().any(|slot| slot.running.is_some());
                let what = if runs {
                    "what was built before goes on running"
                } else {
                    "it is tried again after the next change"
                };
                let text = format!("it does not build; {what}");
                self.voice.note("broken", &text, json!({ "running": runs }));
            }
        }
        if let Some(paths) = self.changed.take() {
            self.on_change(paths);
        }
    }

    /// Restarts what is not what was built.
    fn replace(&mut self, built: &BTreeMap<String, PathBuf>, took: Duration) {
        let all = std::mem::take(&mut self.restarts_all);
        let mut replaced = Vec::new();
        let mut starts = Vec::new();
        for (place, slot) in self.slots.iter_mut().enumerate() {
            let Some(path) = built.get(&slot.program.name).filter(|_| !slot.is_gone) else {
                continue;
            };
            match &mut slot.running {
                Some(running) => {
                    let same = Stamp::of(path).is_ok_and(|stamp| stamp == running.stamp);
                    if all || !same {
                        slot.next = Some(path.clone());
                        running.drain();
                        replaced.push(slot.program.name.clone());
                    }
                }
                None => {
                    replaced.push(slot.program.name.clone());
                    starts.push((place, path.clone()));
                }
            }
        }
        let seconds = took.as_secs_f64();
        let text = if replaced.is_empty() {
            format!("built in {seconds:.1} s; nothing that runs is changed")
        } else {
            format!("built in {seconds:.1} s; starting {}", replaced.join(", "))
        };
        self.voice.note("built", &text, json!({ "seconds": seconds, "starting": replaced }));
        for (place, path) in starts {
            self.start(place, &path);
        }
    }

    fn start(&mut self, place: usize, path: &Path) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        self.runs += 1;
        let run = Run { program: slot.program.name.clone(), number: self.runs };
        match Running::start(run, path, &self.root, &self.voice, &self.sender) {
            Ok(running) => slot.running = Some(running),
            Err(error) => self.fault(&format!("cannot start {}: {error}", path.display())),
        }
    }

    fn on_listening(&self, run: Run, url: &str) {
        if self.is_current(&run) {
            let text = format!("{} listens at {url}", run.program);
            self.voice.note("listening", &text, json!({ "program": run.program, "url": url }));
            if run.program == self.answers.name.as_str() && !self.was_ready {
                for service in &self.answers.services {
                    let url = format!("{url}/api/{}", service.name);
                    let text = format!("{:<width$} {url}", service.name, width = self.longest());
                    let members = json!({ "service": service.name.to_string(), "url": url });
                    self.voice.note("service", &text, members);
                }
            }
            probe::start(run, url, &self.sender);
        }
    }

    fn longest(&self) -> usize {
        self.answers.services.iter().map(|one| one.name.as_str().len()).max().unwrap_or_default()
    }

    fn on_ready(&mut self, run: &Run) {
        if !self.is_current(run) {
            return;
        }
        let seconds = self.asked.elapsed().as_secs_f64();
        let since = if self.was_ready { "after the change" } else { "after the start" };
        let text = format!("{} answered its first request {seconds:.1} s {since}", run.program);
        self.voice.note("ready", &text, json!({ "program": run.program, "seconds": seconds }));
        self.was_ready = true;
    }

    fn on_ended(&mut self, run: &Run, status: ExitStatus) {
        let is_it = |slot: &Slot| slot.running.as_ref().is_some_and(|running| running.run == *run);
        let Some(place) = self.slots.iter().position(is_it) else { return };
        let slot = &mut self.slots[place];
        slot.running = None;
        if slot.is_gone {
            self.slots.remove(place);
            return;
        }
        let next = slot.next.take();
        let code = status.code();
        let members = json!({ "program": run.program, "code": code });
        if self.ending {
            self.voice.note("ended", &format!("{} ended", run.program), members);
        } else if let Some(path) = next {
            self.start(place, &path);
        } else {
            let how = code.map_or_else(|| status.to_string(), |code| format!("exit code {code}"));
            let text = format!(
                "{} ended by itself with {how}; it starts again after the next change",
                run.program
            );
            self.voice.note("ended", &text, members);
        }
    }

    fn on_signal(&mut self) {
        let again = std::mem::replace(&mut self.ending, true);
        if let Some(build) = &self.build {
            build.cancel();
        }
        if !again {
            self.voice.note("draining", "draining; Ctrl-C again ends it at once", json!({}));
        }
        for running in self.slots.iter_mut().filter_map(|slot| slot.running.as_mut()) {
            if again { running.kill() } else { running.drain() }
        }
    }

    fn fault(&self, text: &str) {
        self.voice.note("fault", text, json!({ "error": text }));
    }
}
