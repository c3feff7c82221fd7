//! A child process and everything that it started.

use std::{
    io,
    os::unix::process::CommandExt as _,
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(20);

/// A signal, by the name that `kill` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Asks to end.
    Term,
    /// Ctrl-C.
    Int,
    /// The terminal is gone.
    Hup,
    /// Asks PostgreSQL to end at once.
    Quit,
    /// Ends, whatever the process does.
    Kill,
    /// Stops it in its tracks.
    Stop,
    /// Lets it go on.
    Cont,
}

impl Signal {
    const fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Hup => "HUP",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Cont => "CONT",
        }
    }
}

/// A child that leads a process group of its own, so that a signal reaches all that it started, and
/// Ctrl-C reaches it through this process alone. Dropping it kills what is left.
#[derive(Debug)]
pub struct Group {
    child: Child,
    name: String,
}

impl Group {
    /// Starts a command without standard input, in a process group of its own.
    ///
    /// # Errors
    ///
    /// If it cannot be started; the error names the program.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let spawned = command.stdin(Stdio::null()).process_group(0).spawn();
        let child = spawned.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot start `{name}`: {error}"))
        })?;
        Ok(Self { child, name })
    }

    /// Returns how the child ended, if it did.
    ///
    /// # Errors
    ///
    /// If the system does not tell.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait().map_err(|error| {
            io::Error::new(error.kind(), format!("cannot wait for `{}`: {error}", self.name))
        })
    }

    /// Takes the child's standard output, where it was piped.
    pub const fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Takes the child's standard error, where it was piped.
    pub const fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Returns the id of the child's process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends `signal` and waits for the end; after `patience` the group is killed.
    pub fn stop(&mut self, signal: Signal, patience: Duration) {
        self.signal(signal);
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if !matches!(self.ended(), Ok(None)) {
                return;
            }
            thread::sleep(POLL);
        }
        self.signal(Signal::Kill);
        // Only a process that the kernel itself can't end would not be reaped here.
        let _ = self.child.wait();
    }

    /// Signals the whole group. That it is gone already is no fault.
    pub fn signal(&self, signal: Signal) {
        // The shell's own `kill`: the standard library signals one process only, not a group, and
        // not every slim image has the program of that name.
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -{} -{}", signal.name(), self.child.id())])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            self.stop(Signal::Term, Duration::from_secs(5));
        }
    }
}
