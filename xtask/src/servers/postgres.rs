//! A private PostgreSQL.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::chown,
    process::Command,
    time::Duration,
};

use signal_hook::consts::SIGQUIT;

use super::{folder::Folder, port, tied, wait_until};
use crate::{
    failure::{Failure, Result, ResultExt as _},
    install,
    process::{self, Group},
};

pub(super) const VARIABLE: &str = "TICKETKIT_TEST_POSTGRES_URL";

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(10);
const LOG: &str = "log";

// The fields are dropped in this order: the server ends before its folder goes.
#[derive(Debug)]
pub(super) struct Postgres {
    server: Group,
    folder: Folder,
    port: u16,
}

impl Postgres {
    pub(super) fn launch() -> Result<Self> {
        let folder = Folder::create("postgres")?;
        let data = folder.path().join("data");
        let log = File::create(folder.path().join(LOG)).or_say("the log of PostgreSQL")?;
        let user = User::for_server()?;
        if let Some(user) = &user {
            chown(folder.path(), Some(user.uid), Some(user.gid)).or_say(folder.path().display())?;
        }

        let mut initdb = command("initdb", user.as_ref())?;
        initdb
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--pgdata"])
            .arg(&data)
            .stderr(log.try_clone().or_say("the log of PostgreSQL")?)
            .current_dir("/");
        let (status, _) = process::output(&mut initdb)?;
        if !status.success() {
            return Err(Failure::new(format!("initdb failed ({status}):\n{}", folder.tail(LOG))));
        }

        let [port] = port::free()?;
        let mut server = command("postgres", user.as_ref())?;
        server
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string()])
            // No socket file, so that no folder has to be shared with other instances.
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            // Tests kill services, not the database: nothing has to survive a power cut.
            .args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300"])
            .stdout(log.try_clone().or_say("the log of PostgreSQL")?)
            .stderr(log)
            .current_dir("/");
        Ok(Self { server: Group::spawn(&mut server)?, folder, port })
    }

    pub(super) fn wait(&mut self) -> Result<()> {
        let (folder, port) = (&self.folder, self.port);
        wait_until(&mut self.server, "PostgreSQL", START, || folder.tail(LOG), || answers(port))
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // At once and without a checkpoint: the data goes with the folder. SIGKILL instead would
        // leave the backends behind for a moment, each in a session of its own.
        self.server.stop(SIGQUIT, STOP);
    }
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
        if !install::is_root() {
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
            Failure::new("PostgreSQL refuses to run as root, and there is no user postgres")
        })
    }
}

/// Returns a command that runs a program of PostgreSQL as `user`.
fn command(program: &str, user: Option<&User>) -> Result<Command> {
    let path = install::find(program)
        .ok_or_else(|| Failure::new(format!("no program `{program}` found")))?;
    let Some(user) = user else { return Ok(tied(&path, &[])) };
    let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
    let mut command = tied(&path, &["--reuid", &uid, "--regid", &gid, "--clear-groups"]);
    command.env("HOME", "/").env("USER", user.name);
    Ok(command)
}
