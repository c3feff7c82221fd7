//! One run of the binary.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use super::binary;
use super::journal::Journal;

/// How long it may take to say where it listens, on a machine that is busy with other tests.
const START: Duration = Duration::from_secs(20);

/// A running `ticketing`. Killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    addr: SocketAddr,
    journal: Journal,
}

/// The binary, which takes arguments, with a bare environment: data in `folder/data`, a free port, nothing of the caller's
/// own settings.
#[must_use]
pub fn command(folder: &Path) -> Command {
    // A write beyond a limit (`Server::fill_disk`) is then an error, as on a full disk, and no signal.
    let script = "trap '' XFSZ; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .arg(binary::path())
        .env_clear()
        .env("TICKETING_ADDR", "127.0.0.1:0")
        .env("TICKETING_DATA_DIR", folder.join("data"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for kept in ["PATH", "RUST_LOG", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
}

impl Process {
    #[track_caller]
    pub(super) fn start(folder: &Path, settings: &[(String, String)]) -> Self {
        let mut command = command(folder);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let mut child = command.spawn().expect("the binary to start");
        let journal = Journal::default();
        let lines = journal.follow(child.stdout.take().expect("a pipe"));
        drop(journal.follow(child.stderr.take().expect("a pipe")));
        let Some(addr) = address(&lines) else {
            child.kill().ok();
            child.wait().ok();
            panic!("no line `listening on http://ADDR` within {START:?}:\n{}", journal.text());
        };
        Self { child, addr, journal }
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(super) fn log(&self) -> String {
        self.journal.text()
    }

    pub(super) fn kill(&mut self) {
        // An error means that it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }

    pub(super) fn terminate(&self) {
        // The standard library sends SIGKILL only; every shell has this one built in.
        let script = format!("kill -TERM {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &script]).status().expect("a shell");
        assert!(sent.success(), "{script}: {sent}");
    }

    /// Bounds the files that it may write, in bytes.
    pub(super) fn limit_files(&self, bytes: &str) {
        let [pid, limit] = [format!("--pid={}", self.child.id()), format!("--fsize={bytes}:")];
        let set = Command::new("prlimit").args([&pid, &limit]).status().expect("prlimit");
        assert!(set.success(), "prlimit {pid} {limit}: {set}");
    }

    pub(super) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of the process")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("--- the end of the server's log\n{}\n---", self.journal.tail(60));
        }
    }
}

fn address(lines: &Receiver<String>) -> Option<SocketAddr> {
    let deadline = Instant::now() + START;
    while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        if let Some(addr) = line.strip_prefix("listening on http://") {
            return addr.trim().parse().ok();
        }
    }
    None
}
