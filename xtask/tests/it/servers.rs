//! `cargo xtask servers`: they answer while it runs, and nothing is left after.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

#[test]
#[ignore = "needs PostgreSQL and RabbitMQ installed: run cargo xtask test"]
fn servers_answer_until_ctrl_c_and_leave_nothing() {
    let folder = Scratch::create();
    let mut servers = Running::start(folder.path());
    let [postgres, rabbitmq] = servers.ports();
    assert!(connects(postgres) && connects(rabbitmq));

    servers.signal("INT");
    let status = servers.0.wait().expect("the process can be waited for");
    assert!(status.success(), "{status}");
    assert!(!connects(postgres), "PostgreSQL still runs");
    assert!(!connects(rabbitmq), "RabbitMQ still runs");
    assert_eq!(folder.entries(), Vec::<PathBuf>::new());
}

#[test]
#[ignore = "needs PostgreSQL and RabbitMQ installed: run cargo xtask test"]
fn servers_end_with_a_process_that_is_killed() {
    let folder = Scratch::create();
    let mut servers = Running::start(folder.path());
    let ports = servers.ports();

    servers.signal("KILL");
    servers.0.wait().expect("the process can be waited for");
    let deadline = Instant::now() + Duration::from_secs(20);
    while ports.into_iter().any(connects) {
        assert!(Instant::now() < deadline, "a server outlived the process that started it");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The program under test, killed if the test ends before it.
struct Running(Child);

impl Running {
    fn start(folder: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["servers", "--no-install"])
            .env("TMPDIR", folder)
            .env_remove("TICKETKIT_TEST_POSTGRES_URL")
            .env_remove("TICKETKIT_TEST_AMQP_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("xtask runs");
        Self(child)
    }

    /// Reads the two addresses that the program prints once both servers answer.
    fn ports(&mut self) -> [u16; 2] {
        let mut lines = BufReader::new(self.0.stdout.take().expect("it is piped")).lines();
        ["TICKETKIT_TEST_POSTGRES_URL=postgres://", "TICKETKIT_TEST_AMQP_URL=amqp://"].map(
            |start| {
                let line = lines.next().and_then(Result::ok).unwrap_or_else(|| self.complaint());
                assert!(line.starts_with(start), "{line}");
                let (_, port) = line.rsplit_once(':').expect("an address has a port");
                let (port, _) = port.split_once('/').expect("an address has a path");
                port.parse().expect("a port is a number")
            },
        )
    }

    fn complaint(&mut self) -> ! {
        let mut text = String::new();
        let mut stderr = self.0.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut text).expect("it is text");
        panic!("the servers did not start: {text}");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.0.id());
        let status = Command::new("sh").args(["-c", &kill]).status().expect("sh runs");
        assert!(status.success(), "{kill}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder for the temporary folders of one test, which the user of PostgreSQL may enter.
struct Scratch(PathBuf);

impl Scratch {
    fn create() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let count = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ticketkit-xtask-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("the temporary folder can be written");
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn entries(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.0).expect("the folder is there");
        entries.map(|entry| entry.expect("the folder can be read").path()).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn connects(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}
