//! A private RabbitMQ.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use signal_hook::consts::SIGKILL;

use super::{folder::Folder, port, tied, wait_until};
use crate::{
    failure::{Failure, Result, ResultExt as _},
    install,
    process::Group,
};

pub(super) const VARIABLE: &str = "TICKETKIT_TEST_AMQP_URL";

const START: Duration = Duration::from_secs(120);
const STOP: Duration = Duration::from_secs(10);
const LOG: &str = "log";

// The fields are dropped in this order: the server ends before its folder goes.
#[derive(Debug)]
pub(super) struct RabbitMq {
    server: Group,
    names: Group,
    folder: Folder,
    port: u16,
}

impl RabbitMq {
    pub(super) fn launch() -> Result<Self> {
        let folder = Folder::create("rabbitmq")?;
        let home = folder.path();
        let [port, distribution, names_port] = port::free()?;
        prepare(home)?;
        let log = File::create(home.join(LOG)).or_say("the log of RabbitMQ")?;

        // Erlang's name server. Left to itself, the node would start one as a daemon on the common
        // port, which nobody stops.
        let mut names = tied(&program("epmd")?, &[]);
        names.args(["-address", "127.0.0.1", "-port", &names_port.to_string()]);
        names.stdout(log.try_clone().or_say("the log of RabbitMQ")?);
        names.stderr(log.try_clone().or_say("the log of RabbitMQ")?);
        let mut names = Group::spawn(&mut names)?;
        wait_until(&mut names, "epmd", START, || folder.tail(LOG), || connects(names_port))?;

        let mut server = tied(&program("rabbitmq-server")?, &[]);
        server
            .current_dir(home)
            .env("HOME", home)
            .env("ERL_EPMD_PORT", names_port.to_string())
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
            .stdout(log.try_clone().or_say("the log of RabbitMQ")?)
            .stderr(log);
        Ok(Self { server: Group::spawn(&mut server)?, names, folder, port })
    }

    pub(super) fn wait(&mut self) -> Result<()> {
        let (folder, port) = (&self.folder, self.port);
        wait_until(&mut self.server, "RabbitMQ", START, || folder.tail(LOG), || answers(port))
    }

    pub(super) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // An orderly end takes seconds and saves what the folder takes along.
        self.server.stop(SIGKILL, STOP);
        self.names.stop(SIGKILL, STOP);
    }
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
        vm_memory_high_watermark.absolute = 1GB\n";
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
    install::find(name).ok_or_else(|| Failure::new(format!("no program `{name}` found")))
}

fn connects(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
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
