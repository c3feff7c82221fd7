//! A broker of the test's own, that it may kill.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// RabbitMQ in a temporary folder, on free ports.
pub(super) struct Broker {
    home: TempDir,
    ports: [u16; 3],
    names: Child,
    server: Child,
}

fn program(name: &str) -> PathBuf {
    // Debian's on `PATH` only changes the user.
    let own = Path::new("/usr/lib/rabbitmq/bin").join(name);
    if own.exists() { own } else { PathBuf::from(name) }
}

fn free_ports() -> [u16; 3] {
    let held = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn wait_for_port(port: u16) {
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody listens on {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Broker {
    pub(super) fn start() -> Self {
        let (home, ports) = (tempfile::tempdir().unwrap(), free_ports());
        let cookie = home.path().join(".erlang.cookie");
        fs::write(&cookie, "ticketkit").unwrap();
        fs::set_permissions(&cookie, fs::Permissions::from_mode(0o400)).unwrap();
        fs::write(home.path().join("rabbitmq.conf"), "disk_free_limit.absolute = 1MB\n").unwrap();
        fs::write(home.path().join("advanced.config"), "[].\n").unwrap();
        fs::write(home.path().join("enabled_plugins"), "[].\n").unwrap();
        let mut names = Command::new(program("epmd"));
        names.args(["-address", "127.0.0.1", "-port", &ports[2].to_string()]);
        let names = names.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_port(ports[2]);
        let server = run(home.path(), ports);
        wait_for_port(ports[0]);
        Self { home, ports, names, server }
    }

    pub(super) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports[0])
    }

    /// Kills it as a power cut would, and starts it again.
    pub(super) fn kill_and_restart(&mut self) {
        self.kill();
        self.server = run(self.home.path(), self.ports);
        wait_for_port(self.ports[0]);
    }

    fn kill(&mut self) {
        // The whole group: the start script may stand between.
        let group = format!("-{}", self.server.id());
        Command::new("kill").args(["-KILL", "--", &group]).status().unwrap();
        self.server.wait().unwrap();
    }

    pub(super) fn ctl(&self, arguments: &[&str]) {
        let mut command = Command::new(program("rabbitmqctl"));
        environment(&mut command, self.home.path(), self.ports);
        let status = command.args(arguments).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "rabbitmqctl {arguments:?}");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
        // It may have ended with its last node.
        let _ = self.names.kill();
        let _ = self.names.wait();
    }
}

fn run(home: &Path, ports: [u16; 3]) -> Child {
    let log = File::create(home.join("log")).unwrap();
    let mut server = Command::new(program("rabbitmq-server"));
    environment(&mut server, home, ports);
    server.stdout(log.try_clone().unwrap()).stderr(log).process_group(0).spawn().unwrap()
}

fn environment(command: &mut Command, home: &Path, ports: [u16; 3]) {
    command
        .current_dir(home)
        .env("HOME", home)
        .env("ERL_EPMD_PORT", ports[2].to_string())
        .env("RABBITMQ_NODENAME", format!("ticketkit-{}@localhost", ports[0]))
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", ports[0].to_string())
        .env("RABBITMQ_DIST_PORT", ports[1].to_string())
        .env("RABBITMQ_MNESIA_BASE", home.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", home)
        .env("RABBITMQ_LOGS", "-")
        .env("RABBITMQ_PID_FILE", home.join("pid"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", home.join("enabled_plugins"))
        .env("RABBITMQ_CONFIG_FILE", home.join("rabbitmq"))
        .env("RABBITMQ_ADVANCED_CONFIG_FILE", home.join("advanced.config"))
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RUNNING_UNDER_SYSTEMD", "1");
}
