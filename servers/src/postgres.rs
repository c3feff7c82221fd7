//! A private PostgreSQL.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::chown,
    process::Command,
    time::Duration,
};

use crate::{
    Group, Signal,
    error::{Result, ResultExt as _, ServerError},
    find,
    folder::Folder,
    is_root, port, tied, wait,
};

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(10);
const LOG: &str = "log";

/// A PostgreSQL of its own, with the superuser `postgres` and no password.
///
/// It listens on loopback alone. It does not sync: a killed server or process loses nothing, a power
/// cut may; [`Self::start_durable`] is for measurements, which pay for that.
// The fields are dropped in this order: the server ends before its folder goes.
#[derive(Debug)]
pub struct Postgres {
    server: Group,
    folder: Folder,
    port: u16,
    durable: bool,
}

impl Postgres {
    /// Starts one and waits until it accepts sessions.
    ///
    /// # Errors
    ///
    /// If its programs are missing, or it does not start.
    pub fn start() -> Result<Self> {
        let mut postgres = Self::launch()?;
        postgres.wait(&mut || true)?;
        Ok(postgres)
    }

    /// Starts one whose commits are on the disk when they are answered.
    ///
    /// # Errors
    ///
    /// If its programs are missing, or it does not start.
    pub fn start_durable() -> Result<Self> {
        let mut postgres = Self::launch_with(true)?;
        postgres.wait(&mut || true)?;
        Ok(postgres)
    }

    /// Begins to start one.
    ///
    /// # Errors
    ///
    /// If its programs are missing, or the files cannot be made.
    pub fn launch() -> Result<Self> {
        Self::launch_with(false)
    }

    fn launch_with(durable: bool) -> Result<Self> {
        let folder = Folder::create("postgres")?;
        let user = User::for_server()?;
        if let Some(user) = &user {
            chown(folder.path(), Some(user.uid), Some(user.gid)).or_say(folder.path().display())?;
        }
        let mut initdb = command("initdb", user.as_ref())?;
        let done = initdb
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--pgdata"])
            .arg(folder.path().join("data"))
            .stdout(folder.log(LOG)?)
            .stderr(folder.log(LOG)?)
            .current_dir("/")
            .status()
            .or_say("cannot start `initdb`")?;
        if !done.success() {
            let log = folder.tail(LOG);
            return Err(ServerError::new(format!("initdb failed ({done}):\n{log}")));
        }
        let [port] = port::free()?;
        Ok(Self { server: serve(&folder, port, durable)?, folder, port, durable })
    }

    /// Waits until it accepts sessions, for as long as `go_on` says so.
    ///
    /// # Errors
    ///
    /// If it ends, is not ready within 60 s, or `go_on` says no.
    pub fn wait(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        let (folder, port) = (&self.folder, self.port);
        let log = || folder.tail(LOG);
        wait::until(&mut self.server, "PostgreSQL", START, log, go_on, || answers(port))
    }

    /// Returns the URL of its database `postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        self.database("postgres")
    }

    /// Returns the URL of a database, which need not be there.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Returns the port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Ends it without an orderly end: sessions are cut, and what was committed is recovered from
    /// the log at the next start.
    pub fn kill(&mut self) {
        // PostgreSQL calls this the immediate shutdown. SIGKILL instead would leave the backends
        // behind for a moment, each in a session of its own, and the next start would refuse.
        self.server.stop(Signal::Quit, STOP);
    }

    /// Starts it again on the same data and port.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start_again(&mut self) -> Result<()> {
        self.server = serve(&self.folder, self.port, self.durable)?;
        self.wait(&mut || true)
    }

    /// Stops every process of it in its tracks: connections stay, and nobody answers.
    pub fn pause(&self) {
        for backend in self.processes() {
            signal(backend, "STOP");
        }
    }

    /// Lets it go on.
    pub fn resume(&self) {
        for backend in self.processes() {
            signal(backend, "CONT");
        }
    }

    /// The postmaster and its children: each backend leads a session of its own, so that a signal
    /// to the group of the postmaster reaches none of them.
    fn processes(&self) -> Vec<u32> {
        let file = self.folder.path().join("data/postmaster.pid");
        let text = fs::read_to_string(file).unwrap_or_default();
        let Some(postmaster) = text.lines().next().and_then(|line| line.trim().parse().ok()) else {
            return Vec::new();
        };
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = fs::read_to_string(children).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        std::iter::once(postmaster).chain(children).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.resume();
        // At once and without a checkpoint: the data goes with the folder.
        self.server.stop(Signal::Quit, STOP);
    }
}

fn signal(process: u32, name: &str) {
    // That it is gone already is no fault.
    let script = format!("kill -{name} {process} 2>/dev/null");
    let _ = Command::new("sh").args(["-c", &script]).status();
}

fn serve(folder: &Folder, port: u16, durable: bool) -> Result<Group> {
    let mut server = command("postgres", User::for_server()?.as_ref())?;
    server
        .arg("-D")
        .arg(folder.path().join("data"))
        .args(["-p", &port.to_string()])
        // No socket file, so that no folder has to be shared with other instances.
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .args(["-c", "max_connections=300"])
        .stdout(folder.log(LOG)?)
        .stderr(folder.log(LOG)?)
        .current_dir("/");
    if !durable {
        // Tests kill services, not the machine: nothing has to survive a power cut.
        server.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    }
    Group::spawn(&mut server).or_say("PostgreSQL")
}

/// Returns whether the server accepts sessions: before, it refuses the start-up packet.
fn answers(port: u16) -> bool {
    let parameters = b"user\0postgres\0database\0postgres\0\0";
    let mut packet = Vec::new();
    // Length of the whole packet, then protocol 3.0.
    packet.extend((8 + u32::try_from(parameters.len()).unwrap_or(0)).to_be_bytes());
    packet.extend(0x0003_0000_u32.to_be_bytes());
    packet.extend(parameters);

    let attempt = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(port::ANSWER))?;
        stream.write_all(&packet)?;
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        // `R` is an authentication message, with `trust` its success; `E` an error.
        Ok::<_, std::io::Error>(kind == *b"R")
    };
    attempt().unwrap_or(false)
}

/// The account that the server runs under when this process is root, which it refuses.
struct User {
    name: &'static str,
    uid: u32,
    gid: u32,
}

impl User {
    fn for_server() -> Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").or_say("/etc/passwd")?;
        let found = ["postgres", "nobody"].into_iter().find_map(|name| {
            let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            Some(Self { name, uid, gid })
        });
        found.map(Some).ok_or_else(|| {
            ServerError::new("PostgreSQL refuses to run as root, and there is no user postgres")
        })
    }
}

/// Returns a command that runs a program of PostgreSQL as `user`.
fn command(program: &str, user: Option<&User>) -> Result<Command> {
    let path = find(program)
        .ok_or_else(|| ServerError::new(format!("no program `{program}` found (PostgreSQL)")))?;
    let Some(user) = user else { return Ok(tied(&path, &[])) };
    let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
    let mut command = tied(&path, &["--reuid", &uid, "--regid", &gid, "--clear-groups"]);
    command.env("HOME", "/").env("USER", user.name);
    Ok(command)
}
