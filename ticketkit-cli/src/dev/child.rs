//! A program that runs, behind its guard.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{ChildStdin, Command, Stdio},
    sync::mpsc::Sender,
    thread,
    time::SystemTime,
};

use super::{Event, Run, guard, voice::Voice};

/// What a program says on standard output when it has its port.
const LISTENING: &str = "listening on ";

/// Tells one build of a program from another: cargo writes a new file where anything changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { modified: metadata.modified().ok(), length: metadata.len() })
    }
}

/// A running program. Dropped, it drains.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) run: Run,
    pub(super) stamp: Stamp,
    pipe: ChildStdin,
}

impl Running {
    /// Starts what [`behind_guard`] made; what it says and how it ends is told to `voice` and `events`.
    pub(super) fn start(
        run: Run,
        mut command: Command,
        program: &Path,
        voice: &Voice,
        events: &Sender<Event>,
    ) -> io::Result<Self> {
        let stamp = Stamp::of(program)?;
        command.process_group(0);
        if std::env::var_os("LOG_FORMAT").is_none() {
            // So that each line says of which service it is.
            command.env("LOG_FORMAT", "json");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let missing = || io::Error::other("a pipe is missing");
        let pipe = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        let said = {
            let (run, voice, events) = (run.clone(), voice.clone(), events.clone());
            thread::spawn(move || {
                lines(output, |line| match line.strip_prefix(LISTENING) {
                    Some(url) => {
                        let url = url.trim().to_owned();
                        drop(events.send(Event::Listening { run: run.clone(), url }));
                    }
                    None => voice.line(&run.program, line),
                });
            })
        };
        let (its, voice, events) = (run.clone(), voice.clone(), events.clone());
        thread::spawn(move || {
            lines(errors, |line| voice.line(&its.program, line));
            // Its last words come before its end. A reader cannot panic, and if: so be it.
            drop(said.join());
            if let Ok(status) = child.wait() {
                drop(events.send(Event::Ended { run: its, status }));
            }
        });
        Ok(Self { run, stamp, pipe })
    }

    /// Asks it to drain; its end is told as [`Event::Ended`].
    pub(super) fn drain(&mut self) {
        self.order(b'd');
    }

    /// Ends it at once.
    pub(super) fn kill(&mut self) {
        self.order(guard::KILL);
    }

    fn order(&mut self, order: u8) {
        // A guard that is gone has no program any more.
        drop(self.pipe.write_all(&[order]).and_then(|()| self.pipe.flush()));
    }
}

/// The command of a program, behind its guard; arguments may follow.
pub(super) fn behind_guard(program: &Path) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(guard::NAME).arg("--").arg(program);
    Ok(command)
}

fn lines(source: impl Read, mut each: impl FnMut(&str)) {
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    // Bytes that are no UTF-8 are shown as well as they can be, and end nothing.
    while source.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        each(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        line.clear();
    }
}
