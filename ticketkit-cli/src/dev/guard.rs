//! The process between `dev` and a program.
//!
//! It holds a pipe from `dev`. When that closes, because `dev` says so or because it is gone in
//! whatever way, the program is asked to drain and then made to end. So nothing that `dev` started
//! is left, even if it was killed, and holds the port against the next.
//!
//! Guard and program each lead a process group of their own: Ctrl-C in a terminal reaches `dev`
//! alone, which decides what ends when.

use std::{
    ffi::OsString,
    io::{self, Read},
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::failure::Failure;

/// The hidden subcommand.
pub(super) const NAME: &str = "guard";

/// On the pipe: end at once. Everything else, and its end, means drain.
pub(super) const KILL: u8 = b'k';

/// How long a program may drain.
pub(super) const DRAIN: Duration = Duration::from_secs(10);

/// Runs a program until it ends or the pipe does, and returns its exit code.
pub(crate) fn run(command: &[OsString]) -> Result<u8, Failure> {
    let [program, arguments @ ..] = command else {
        return Err(Failure::input("guard needs a program"));
    };
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
        .map_err(|error| Failure::no(format!("cannot catch signals: {error}")))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| {
            Failure::no(format!("cannot start {}: {error}", program.to_string_lossy()))
        })?;
    let pid = Pid::from_child(&child);
    thread::spawn(move || obey(pid, io::stdin()));
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            drain(pid);
        }
    });
    let status = child.wait().map_err(|error| Failure::no(format!("cannot wait: {error}")))?;
    // Whatever it started itself and left behind.
    kill(pid);
    Ok(code(status))
}

/// Does what `dev` says, and drains when nobody is there any more to say anything.
fn obey(pid: Pid, mut pipe: impl Read) {
    let mut drains = false;
    loop {
        let mut order = [0];
        let is_order = matches!(pipe.read(&mut order), Ok(1));
        if is_order && order[0] == KILL {
            return kill(pid);
        }
        if !std::mem::replace(&mut drains, true) {
            thread::spawn(move || drain(pid));
        }
        if !is_order {
            return;
        }
    }
}

fn drain(pid: Pid) {
    signal(kill_process(pid, Signal::TERM));
    // When the program ends before, this whole process does.
    thread::sleep(DRAIN);
    eprintln!("it did not drain within {} s, and is ended", DRAIN.as_secs());
    kill(pid);
}

fn kill(pid: Pid) {
    signal(kill_process_group(pid, Signal::KILL));
}

/// Who is gone already cannot be told anything, and need not be.
fn signal(_: rustix::io::Result<()>) {}

/// A shell's convention: 128 and the signal.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
