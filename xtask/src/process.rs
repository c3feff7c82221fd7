//! Children that end when this process is told to end.
//!
//! Every child leads a process group of its own, so that a signal reaches all that it started, and
//! Ctrl-C reaches it through this process alone: once, and in the right order with the servers.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use signal_hook::consts::{SIGHUP, SIGINT};
use ticketkit_servers::{Group, Signal};

use crate::{
    failure::{Failure, Result, ResultExt as _},
    signals,
};

const POLL: Duration = Duration::from_millis(20);

/// Runs a command with its output shown, and returns whether it succeeded.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    let mut child = spawn(command)?;
    Ok(wait(&mut child)?.success())
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
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let stdout = child.take_stdout();
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
        let status = wait(&mut child);
        // What outlived its parent would hold the pipe open, and the reader with it.
        child.signal(Signal::Kill);
        status
    })
}

fn spawn(command: &mut Command) -> Result<Group> {
    Group::spawn(command).map_err(|error| Failure::new(error.to_string()))
}

/// Waits for the end. A signal to this process is passed on, a second one kills.
fn wait(child: &mut Group) -> Result<ExitStatus> {
    let mut told = false;
    loop {
        if let Some(status) = child.ended().or_say("a child")? {
            return if told { Err(Failure::Interrupted) } else { Ok(status) };
        }
        if let Some(signal) = signals::take() {
            child.signal(match signal {
                _ if told => Signal::Kill,
                SIGINT => Signal::Int,
                SIGHUP => Signal::Hup,
                _ => Signal::Term,
            });
            told = true;
        }
        thread::sleep(POLL);
    }
}
