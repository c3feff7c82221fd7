//! A private RabbitMQ.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use crate::{
    Group, Signal,
    error::{Result, ResultExt as _, ServerError},
    find,
    folder::Folder,
    port, tied, wait,
};

const START: Duration = Duration::from_secs(120);
const STOP: Duration = Duration::from_secs(10);
const LOG: &str = "log";

/// The broker's ports: AMQP, Erlang's distribution, and Erlang's name server.
type Ports = [u16; 3];

/// A RabbitMQ of its own, with the user `guest`.
// The fields are dropped in this order: the server ends before its folder goes.
#[derive(Debug)]
pub struct RabbitMq {
    server: Group,
    names: Group,
    folder: Folder,
    ports: Ports,
}

impl RabbitMq {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    ///
    /// If its programs are missing, or it does not start.
    pub fn start() -> Result<Self> {
        let mut rabbitmq = Self::launch()?;
        rabbitmq.wait(&mut || true)?;
        Ok(rabbitmq)
    }

    /// Begins to start one.
    ///
    /// # Errors
    ///
    /// If its programs are missing, or the files cannot be made.
    pub fn launch() -> Result<Self> {
        let folder = Folder::create("rabbitmq")?;
        let ports = port::free()?;
        prepare(folder.path())?;

        // Erlang's name server. Left to itself, the node would start one as a daemon on the common
        // port, which nobody stops.
        let [_, _, names_port] = ports;
        let mut names = tied(&program("epmd")?, &[]);
        names.args(["-address", "127.0.0.1", "-port", &names_port.to_string()]);
        names.stdout(folder.log(LOG)?).stderr(folder.log(LOG)?);
        let mut names = Group::spawn(&mut names).or_say("RabbitMQ")?;
        let log = || folder.tail(LOG);
        wait::until(&mut names, "epmd", START, log, &mut || true, || port::connects(names_port))?;

        Ok(Self { server: serve(&folder, ports)?, names, folder, ports })
    }

    /// Waits until it answers, for as long as `go_on` says so.
    ///
    /// # Errors
    ///
    /// If it ends, is not ready within 120 s, or `go_on` says no.
    pub fn wait(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        let (folder, port) = (&self.folder, self.port());
        let log = || folder.tail(LOG);
        wait::until(&mut self.server, "RabbitMQ", START, log, go_on, || answers(port))
    }

    /// Returns its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port())
    }

    /// Returns the port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.ports[0]
    }

    /// Ends it as a crash does: SIGKILL.
    pub fn kill(&mut self) {
        self.server.stop(Signal::Kill, STOP);
    }

    /// Starts it again on the same data and port.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start_again(&mut self) -> Result<()> {
        self.server = serve(&self.folder, self.ports)?;
        self.wait(&mut || true)
    }

    /// Stops it in its tracks: connections stay, and nobody answers.
    pub fn pause(&self) {
        self.server.signal(Signal::Stop);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.server.signal(Signal::Cont);
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // An orderly end takes seconds and saves what the folder takes along.
        self.server.stop(Signal::Kill, STOP);
        self.names.stop(Signal::Kill, STOP);
    }
}

fn serve(folder: &Folder, [port, distribution, names]: Ports) -> Result<Group> {
    let home = folder.path();
    let mut server = tied(&program("rabbitmq-server")?, &[]);
    server
        .current_dir(home)
        .env("HOME", home)
        .env("ERL_EPMD_PORT", names.to_string())
        .env("RABBITMQ_NODENAME", format!("ticketkit-{port}@localhost"))
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", port.to_string())
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("RABBITMQ_MNESIA_BASE", home.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", home)
        .env("RABBITMQ_LOGS", "-")
        .env("RABBITMQ_PID_FILE", home.join("pid"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", home.join("enabled_plugins"))
        .env("RABBITMQ_CONFIG_FILE", home.join("rabbitmq"))
        .env("RABBITMQ_ADVANCED_CONFIG_FILE", home.join("advanced.config"))
        // The machine's own settings are not ours.
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        // With this the start script becomes the server, and no shell stands between.
        .env("RUNNING_UNDER_SYSTEMD", "1")
        .stdout(folder.log(LOG)?)
        .stderr(folder.log(LOG)?);
    Group::spawn(&mut server).or_say("RabbitMQ")
}

/// Writes the files that RabbitMQ reads at start.
fn prepare(home: &Path) -> Result<()> {
    // Erlang refuses a cookie that others may read.
    let cookie = home.join(".erlang.cookie");
    fs::write(&cookie, format!("ticketkit{}", std::process::id())).or_say(cookie.display())?;
    fs::set_permissions(&cookie, fs::Permissions::from_mode(0o400)).or_say(cookie.display())?;
    let config = "\
        # A full disk or busy memory of a developer's machine must not block publishers.\n\
        disk_free_limit.absolute = 1MB\n\
        vm_memory_high_watermark.absolute = 4GB\n";
    for (name, text) in
        [("rabbitmq.conf", config), ("advanced.config", "[].\n"), ("enabled_plugins", "[].\n")]
    {
        fs::write(home.join(name), text).or_say(name)?;
    }
    Ok(())
}

/// Returns the program itself where Debian's one on `PATH` only changes the user.
fn program(name: &str) -> Result<std::path::PathBuf> {
    let own = Path::new("/usr/lib/rabbitmq/bin").join(name);
    if own.exists() {
        return Ok(own);
    }
    find(name).ok_or_else(|| ServerError::new(format!("no program `{name}` found (RabbitMQ)")))
}

/// Returns whether the broker answers the greeting of AMQP 0-9-1.
fn answers(port: u16) -> bool {
    let attempt = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(port::ANSWER))?;
        stream.write_all(b"AMQP\0\0\x09\x01")?;
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        // Frame type 1 is a method, here Connection.Start; a refusal begins with `A`.
        Ok::<_, std::io::Error>(kind == [1])
    };
    attempt().unwrap_or(false)
}
