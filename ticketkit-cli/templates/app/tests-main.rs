//! The program as it is started: on a free port and an empty data folder.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
{% if not project.sqlite %}
use uuid::Uuid;
{% endif %}

/// The running program; killed when dropped.
struct Program {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Program {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_{{ project.name }}"))
            .args(arguments)
            .env("{{ project.shouted }}_ADDR", "127.0.0.1:0")
{% if project.sqlite %}
            .env("{{ project.shouted }}_DATA_DIR", folder.path().join("data"))
{% else %}
            .env("{{ project.shouted }}_DATABASE_URL", database_url())
{% endif %}
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("it says {line:?}")).to_owned();
        Self { child, address, _folder: folder }
    }

    /// Asks for a path, and returns the answer with its head.
    fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path}"), "", "")
    }

    /// Sends a request, with more headers and a body; returns the answer with its head.
    fn send(&self, method_and_path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (host, length) = (&self.address, body.len());
        let request = format!(
            "{method_and_path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\
             content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asks it to end, and waits until it has.
    fn end(mut self) -> ExitStatus {
        let script = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

{% if not project.sqlite %}
/// Databases of its own for each program.
fn database_url() -> String {
    let server = std::env::var("{{ project.shouted }}_TEST_DATABASE_URL").unwrap();
    format!("{server}_{}", Uuid::now_v7().simple())
}

{% endif %}
impl Drop for Program {
    fn drop(&mut self) {
        // An error means that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
{% if not project.sqlite %}
#[ignore = "needs PostgreSQL: set {{ project.shouted }}_TEST_DATABASE_URL"]
{% endif %}
fn it_serves_and_ends_in_order() {
    let program = Program::start();
    assert!(program.get("/livez").starts_with("HTTP/1.1 200"));
    assert!(program.get("/readyz").starts_with("HTTP/1.1 200"));
    assert!(program.get("/openapi.json").contains("\"openapi\""));
    assert!(program.get("/metrics").starts_with("HTTP/1.1 200"));
    let missing = program.get("/nowhere");
    assert!(missing.starts_with("HTTP/1.1 404"), "{missing}");
    assert!(missing.contains("application/problem+json"), "{missing}");
    assert!(program.end().success());
}

#[test]
{% if not project.sqlite %}
#[ignore = "needs PostgreSQL: set {{ project.shouted }}_TEST_DATABASE_URL"]
{% endif %}
fn each_service_runs_in_a_process_of_its_own() {
    for (service, path) in [
        // And answers for no other.
{% if project.auth %}
        ("auth", "/api/users"),
{% endif %}
{% for service in project.services %}
        ("{{ service.name }}", "{{ service.path }}"),
{% endfor %}
    ] {
        let program = Program::with(&["--service", service]);
        let answer = program.get(&format!("{path}/none/of/it"));
        assert!(answer.contains(&format!("\"service\":\"{service}\"")), "{answer}");
        let answer = program.get("/api/other");
        assert!(answer.contains("\"service\":\"{{ project.name }}\""), "{answer}");
    }
}
{% for service in project.services %}

#[test]
{% if not project.sqlite %}
#[ignore = "needs PostgreSQL: set {{ project.shouted }}_TEST_DATABASE_URL"]
{% endif %}
fn {{ service.snake }}_answers_below_its_own_path() {
    let program = Program::start();
    let answer = program.get("{{ service.path }}/none/of/it");
    assert!(answer.contains("\"service\":\"{{ service.name }}\""), "{answer}");
}
{% endfor %}
{% if project.auth %}

#[test]
{% if not project.sqlite %}
#[ignore = "needs PostgreSQL: set {{ project.shouted }}_TEST_DATABASE_URL"]
{% endif %}
fn who_signs_up_is_served_by_every_service() {
    let program = Program::start();
    let credentials = r#"{"email":"ada@example.com","password":"correct horse battery"}"#;
    let json = "content-type: application/json\r\n";
    let answer = program.send("POST /api/users/signup", json, credentials);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let set = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let pairs: Vec<_> = set.filter_map(|cookie| cookie.split(';').next()).collect();
    let cookies = format!("cookie: {}\r\n", pairs.join("; "));
    for path in [
        // One of each service.
{% for service in project.services %}
        "{{ service.resources[0].path if service.resources else service.path }}",
{% endfor %}
    ] {
        assert!(program.get(path).starts_with("HTTP/1.1 401"), "{path} serves anyone");
        let answer = program.send(&format!("GET {path}"), &cookies, "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
{% endif %}
