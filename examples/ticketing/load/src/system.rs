//! The system under load, started for it.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use ticketkit_servers::{Group, Signal, tied};

/// How long it may take to say where it listens: the distributed one starts servers first.
const START: Duration = Duration::from_secs(180);

/// How long it may take to drain.
const STOP: Duration = Duration::from_secs(60);

/// How it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All services in one process, on embedded defaults.
    AllInOne,
    /// A process for each, so many times, on PostgreSQL and RabbitMQ.
    Distributed(usize),
}

/// A running system with its data folder; both are gone when it is dropped.
#[derive(Debug)]
pub struct System {
    process: Group,
    url: String,
    folder: TempDir,
    binary: PathBuf,
    ready_after: Duration,
    log: Log,
}

/// All lines that it has printed.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why it does not run.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// The system refuses.
    #[error("cannot start {}", .0.display())]
    Spawn(PathBuf, #[source] std::io::Error),
    /// It has ended, or says nothing.
    #[error("it did not say where it listens; its last lines:\n{0}")]
    Silent(String),
}

impl System {
    /// Starts the binary in a folder of its own, on a free port, with these variables.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start(
        binary: &Path,
        form: Form,
        variables: &[(&str, &str)],
    ) -> Result<Self, SystemError> {
        let failed = |error| SystemError::Spawn(binary.to_owned(), error);
        let folder = tempfile::tempdir().map_err(failed)?;
        let log = Log::default();
        let (process, url, ready_after) = spawn(binary, form, folder.path(), variables, &log)?;
        Ok(Self { process, url, folder, binary: binary.to_owned(), ready_after, log })
    }

    /// Ends it, and starts it again on the same folder.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn restart(&mut self, form: Form, variables: &[(&str, &str)]) -> Result<(), SystemError> {
        self.stop();
        let folder = self.folder.path();
        (self.process, self.url, self.ready_after) =
            spawn(&self.binary, form, folder, variables, &self.log)?;
        Ok(())
    }

    /// Asks it to drain, and waits for the end.
    pub fn stop(&mut self) {
        self.process.stop(Signal::Term, STOP);
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id of its process; of the one that started the others where it is distributed.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How long it took from the start to the line that says where it listens.
    #[must_use]
    pub const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Returns the last line that `find` makes something of.
    pub fn last_line<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.log.lines().iter().rev().find_map(|line| find(line))
    }

    /// Returns its last lines, for the message of a failed test.
    #[must_use]
    pub fn tail(&self, count: usize) -> String {
        let lines = self.log.lines();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if matches!(self.process.ended(), Ok(None)) {
            self.stop();
        }
    }
}

fn spawn(
    binary: &Path,
    form: Form,
    folder: &Path,
    variables: &[(&str, &str)],
    log: &Log,
) -> Result<(Group, String, Duration), SystemError> {
    let mut command = tied(binary, &[]);
    if let Form::Distributed(instances) = form {
        command.args(["--distributed", "--instances", &instances.to_string()]);
    }
    command
        .env("TICKETING_ADDR", "127.0.0.1:0")
        .env("TICKETING_DATA_DIR", folder.join("data"))
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let failed = |error| SystemError::Spawn(binary.to_owned(), error);
    let began = Instant::now();
    let mut process = Group::spawn(&mut command).map_err(failed)?;
    // Both to their ends, so that it never waits for us.
    let (sender, lines) = channel();
    if let Some(pipe) = process.take_stderr() {
        follow(pipe, log, sender.clone());
    }
    if let Some(pipe) = process.take_stdout() {
        follow(pipe, log, sender);
    }
    while let Ok(line) = lines.recv_timeout(START.saturating_sub(began.elapsed())) {
        if let Some(url) = line.strip_prefix("listening on ") {
            return Ok((process, url.trim().to_owned(), began.elapsed()));
        }
    }
    let lines = log.lines();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(SystemError::Silent(last))
}

fn follow(pipe: impl Read + Send + 'static, log: &Log, sender: Sender<String>) {
    let log = log.clone();
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            log.lines().push(line.clone());
            // Nobody listens after the start.
            sender.send(line).ok();
        }
    });
}
