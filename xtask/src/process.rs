//! Children that end when this process is told to end.
//!
//! Every child leads a process group of its own, so that a signal reaches all that it started, and
//! Ctrl-C reaches it through this process alone: once, and in the right order with the servers.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use signal_hook::consts::{SIGKILL, SIGTERM};

use crate::{
    failure::{Failure, Result, ResultExt as _},
    signals,
};

const POLL: Duration = Duration::from_millis(20);

/// Runs a command with its output shown, and returns whether it succeeded.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    let mut child = Group::spawn(command)?;
    Ok(child.wait()?.success())
}

/// Runs a command, shows each line of its standard output and hands it to `seen` as well.
pub(crate) fn run_watched(
    command: &mut Command,
    seen: impl FnMut(&str) + Send,
) -> Result<ExitStatus> {
    watched(command, seen, true)
}

/// Runs a command quietly and hands each line of its standard output over as it comes.
pub(crate) fn run_each_line(
    command: &mut Command,
    seen: impl FnMut(&str) + Send,
) -> Result<ExitStatus> {
    watched(command, seen, false)
}

/// Runs a command quietly and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<(ExitStatus, String)> {
    let mut text = String::new();
    let status = watched(
        command,
        |line| {
            text.push_str(line);
            text.push('\n');
        },
        false,
    )?;
    Ok((status, text))
}

fn watched(
    command: &mut Command,
    mut seen: impl FnMut(&str) + Send,
    show: bool,
) -> Result<ExitStatus> {
    let mut child = Group::spawn(command.stdout(Stdio::piped()))?;
    let stdout = child.child.stdout.take();
    thread::scope(|scope| {
        scope.spawn(move || {
            let Some(stdout) = stdout else { return };
            // Bytes that are no UTF-8 can only come from a test's own printing: shown, not judged.
            for line in BufReader::new(stdout).split(b'\n') {
                let Ok(line) = line else { return };
                let line = String::from_utf8_lossy(&line);
                if show {
                    println!("{line}");
                }
                seen(&line);
            }
        });
        let status = child.wait();
        // What outlived its parent would hold the pipe open, and the reader with it.
        child.signal(SIGKILL);
        status
    })
}

/// A child and everything that it started. Dropping it kills what is left.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    name: String,
}

impl Group {
    /// Starts a command without standard input, in a process group of its own.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .or_say(format_args!("cannot start `{name}`"))?;
        Ok(Self { child, name })
    }

    /// Returns how the child ended, if it did.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().or_say(format_args!("cannot wait for `{}`", self.name))
    }

    /// Waits for the end. A signal to this process is passed on, a second one kills.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        let mut told = false;
        loop {
            if let Some(status) = self.ended()? {
                return if told { Err(Failure::Interrupted) } else { Ok(status) };
            }
            if let Some(signal) = signals::take() {
                self.signal(if told { SIGKILL } else { signal });
                told = true;
            }
            thread::sleep(POLL);
        }
    }

    /// Sends `signal` and waits for the end; after `patience` the group is killed.
    pub(crate) fn stop(&mut self, signal: i32, patience: Duration) {
        self.signal(signal);
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if !matches!(self.ended(), Ok(None)) {
                return;
            }
            thread::sleep(POLL);
        }
        self.signal(SIGKILL);
        // Only a process that the kernel itself can't end would not be reaped here.
        let _ = self.child.wait();
    }

    /// Signals the whole group. That it is gone already is no fault.
    fn signal(&self, signal: i32) {
        // The shell's own `kill`: the standard library signals one process only, not a group, and
        // not every slim image has the program of that name.
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -{signal} -{}", self.child.id())])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            self.stop(SIGTERM, Duration::from_secs(5));
        }
    }
}
