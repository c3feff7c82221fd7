//! The loop that owns the build and the programs.

use std::{
    collections::BTreeSet,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Instant,
};

use serde_json::json;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{
    Event, Run,
    build::{Build, Outcome},
    child::{self, Running},
    front::{self, Front},
    gateway::Place,
    probe,
    programs::{self, Frame, Program, Programs},
    slots::Slots,
    voice::Voice,
    watch::Watch,
};
use crate::{
    answers::{self, Answers},
    failure::Failure,
    project,
};

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
    let programs = programs::find(root, answers)?;
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
        slots: Slots::default(),
        frame: Frame::default(),
        front: Front::default(),
        build: None,
        changed: None,
        edited: BTreeSet::new(),
        compiled: BTreeSet::new(),
        asked: Instant::now(),
        runs: 0,
        restarts_all: false,
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

struct Session {
    root: PathBuf,
    answers: Answers,
    voice: Voice,
    sender: Sender<Event>,
    watch: Watch,
    slots: Slots,
    frame: Frame,
    front: Front,
    build: Option<Build>,
    /// What changed while a build was under way.
    changed: Option<BTreeSet<PathBuf>>,
    /// What changed since the last build that succeeded, and what was compiled since.
    edited: BTreeSet<PathBuf>,
    compiled: BTreeSet<String>,
    /// When the change was noticed that is answered now.
    asked: Instant,
    /// Counts the runs of all programs.
    runs: u64,
    /// Whether the settings changed, which no build shows.
    restarts_all: bool,
    ending: bool,
}

impl Session {
    fn until_ended(&mut self, events: &Receiver<Event>) {
        while !self.is_over() {
            // The session holds a sender, so that this never fails.
            let Ok(event) = events.recv() else { return };
            match event {
                Event::Changed(paths) => self.on_change(paths),
                Event::Built(outcome) => self.on_built(&outcome),
                Event::Listening { run, url } => self.on_listening(run, &url),
                Event::Ready { run } => self.on_ready(&run),
                Event::NotReady { run, answer } if self.slots.of(&run).is_some() => {
                    self.voice.note(
                        "notReady",
                        &format!("{} is not ready yet: {answer}", run.program),
                        json!({ "program": run.program, "answer": answer }),
                    );
                }
                Event::NotReady { .. } => {}
                Event::Ended { run, status } => self.on_ended(&run, status),
                Event::Signal => self.on_signal(),
            }
        }
    }

    fn is_over(&self) -> bool {
        self.ending && self.build.is_none() && !self.slots.is_any_running()
    }

    fn arrange(&mut self, programs: Programs) {
        self.slots.arrange(programs.list);
        self.frame = programs.frame;
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
        let is_list =
            |path: &PathBuf| path.ends_with("Cargo.toml") || path.ends_with(answers::FILE);
        if paths.iter().any(is_list) {
            match self.look_again() {
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
        self.edited.extend(paths);
        self.build(&format!("building: {first}{others} changed"));
    }

    fn look_again(&mut self) -> Result<Programs, Failure> {
        self.answers = project::look(&self.root)?.1;
        programs::find(&self.root, &self.answers)
    }

    fn build(&mut self, why: &str) {
        let list: Vec<_> = self.slots.programs().cloned().collect();
        self.voice.note("building", why, json!({ "why": why }));
        match Build::start(&self.root, &list, &self.voice, &self.sender) {
            Ok(build) => self.build = Some(build),
            Err(error) => self.fault(&format!("cannot run cargo: {error}")),
        }
    }

    fn on_built(&mut self, outcome: &Outcome) {
        self.build = None;
        if self.ending {
            return;
        }
        self.compiled.extend(outcome.made.compiled.iter().cloned());
        if outcome.is_whole {
            self.replace(outcome);
        } else {
            let runs = self.slots.is_any_running();
            let what = if runs {
                "what was built before goes on running"
            } else {
                "it is tried again after the next change"
            };
            let text = format!("it does not build; {what}");
            self.voice.note("broken", &text, json!({ "running": runs }));
        }
        if let Some(paths) = self.changed.take() {
            self.on_change(paths);
        }
    }

    /// Restarts what is not what was built.
    fn replace(&mut self, outcome: &Outcome) {
        let all = std::mem::take(&mut self.restarts_all);
        let edited = std::mem::take(&mut self.edited);
        let compiled = std::mem::take(&mut self.compiled);
        let services: Vec<_> = self.slots.services().collect();
        if let Err(text) = self.front.open(&self.root, &self.answers, &services, &self.voice) {
            return self.fault(&text);
        }
        let changes = |program: &Program| {
            program.service.as_ref().map(|one| self.frame.changes(one, &compiled, &edited))
        };
        // Something is different, and nobody told what: somebody else built.
        let is_told = self.slots.programs().any(|program| changes(program) == Some(true));
        let mut replaced = Vec::new();
        for slot in self.slots.iter_mut().filter(|slot| !slot.is_gone) {
            let Some(path) = outcome.made.programs.get(&slot.program.name) else { continue };
            let is_other = !is_told || changes(&slot.program).unwrap_or(true);
            if !all && slot.running.is_some() && (slot.is_current(path) || !is_other) {
                // Of the new program it runs what it ran of the old one.
                slot.take_over(path);
                continue;
            }
            let label = slot.program.label();
            // First: what is asked from here on is for the new one.
            self.front.point(label, Place::Starting);
            replaced.push(label.to_owned());
            slot.next = Some(path.clone());
            if let Some(running) = &mut slot.running {
                running.drain();
            }
        }
        let seconds = outcome.took.as_secs_f64();
        let text = if replaced.is_empty() {
            format!("built in {seconds:.1} s; nothing that runs is changed")
        } else {
            format!("built in {seconds:.1} s; starting {}", replaced.join(", "))
        };
        self.voice.note("built", &text, json!({ "seconds": seconds, "starting": replaced }));
        // At first one alone: it makes what all need, such as the data folder and the keys.
        let count = if self.slots.is_any_running() { usize::MAX } else { 1 };
        self.start_waiting(count);
    }

    /// Starts as many as `count` of what waits and has nothing running before it.
    fn start_waiting(&mut self, count: usize) {
        let mut faults = Vec::new();
        let waiting = self.slots.iter_mut().filter(|slot| slot.running.is_none());
        for (slot, path) in
            waiting.filter_map(|slot| slot.next.take().map(|path| (slot, path))).take(count)
        {
            self.runs += 1;
            let run = Run { program: slot.program.label().to_owned(), number: self.runs };
            let started = child::behind_guard(&path).and_then(|mut command| {
                command.current_dir(&self.root);
                if let Some(service) = &slot.program.service {
                    self.front.narrow(&mut command, service, &self.root, &self.answers);
                }
                Running::start(run, command, &path, &self.voice, &self.sender)
            });
            match started {
                Ok(running) => slot.running = Some(running),
                Err(error) => faults.push(format!("cannot start {}: {error}", path.display())),
            }
        }
        faults.iter().for_each(|text| self.fault(text));
    }

    fn on_listening(&mut self, run: Run, url: &str) {
        let Some(slot) = self.slots.of(&run) else { return };
        let is_first = !slot.was_ready;
        let is_project = run.program == self.answers.name.as_str();
        let text = format!("{} listens at {url}", run.program);
        self.voice.note("listening", &text, json!({ "program": run.program, "url": url }));
        if let Some(place) = probe::authority(url) {
            self.front.point(&run.program, Place::At(place.to_owned()));
            if is_project && is_first {
                front::tell_services(&self.answers, url, &self.voice);
            }
            probe::start(run, place, &self.sender);
        }
        self.start_waiting(usize::MAX);
    }

    fn on_ready(&mut self, run: &Run) {
        let Some(slot) = self.slots.of(run) else { return };
        let seconds = self.asked.elapsed().as_secs_f64();
        let again = std::mem::replace(&mut slot.was_ready, true);
        let since = if again { "after the change" } else { "after the start" };
        let text = format!("{} answered its first request {seconds:.1} s {since}", run.program);
        self.voice.note("ready", &text, json!({ "program": run.program, "seconds": seconds }));
    }

    fn on_ended(&mut self, run: &Run, status: ExitStatus) {
        let Some(slot) = self.slots.of(run) else { return };
        slot.running = None;
        let (is_gone, is_awaited) = (slot.is_gone, slot.next.is_some());
        let code = status.code();
        let members = json!({ "program": run.program, "code": code });
        if is_gone {
            self.slots.tidy();
        } else if self.ending {
            self.voice.note("ended", &format!("{} ended", run.program), members);
        } else if !is_awaited {
            self.front.point(&run.program, Place::Ended);
            let how = code.map_or_else(|| status.to_string(), |code| format!("exit code {code}"));
            let text = format!(
                "{} ended by itself with {how}; it starts again after the next change",
                run.program
            );
            self.voice.note("ended", &text, members);
        }
        if !self.ending {
            self.start_waiting(usize::MAX);
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
