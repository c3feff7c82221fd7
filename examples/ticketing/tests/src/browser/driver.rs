//! The chromedriver process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::PATIENCE;
use crate::http::{Request, exchange};

/// A chromedriver on a free port. Killed when dropped.
#[derive(Debug)]
pub(super) struct Driver {
    child: Child,
    addr: SocketAddr,
}

impl Driver {
    #[track_caller]
    pub(super) fn start() -> Self {
        // It takes one port in two families of addresses, and gives up where another process is
        // quicker to take the second.
        let started = (0..5).find_map(|_| Self::try_start());
        started.expect("a chromedriver that says its port")
    }

    #[track_caller]
    fn try_start() -> Option<Self> {
        let program = on_path(&["chromedriver"]);
        let mut child = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let pipe = child.stdout.take().expect("a pipe");
        let port = BufReader::new(pipe).lines().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let driver = Self { child, addr: SocketAddr::from(([127, 0, 0, 1], port.unwrap_or(0))) };
        port.is_some().then_some(driver)
    }

    /// One command; the value of its answer, or the error as text.
    pub(super) fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let mut request = Request::new(method, path);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = exchange(self.addr, &request, PATIENCE).map_err(|error| error.to_string())?;
        let value = answer.json()["value"].clone();
        if answer.status() == 200 { Ok(value) } else { Err(value.to_string()) }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The browser's own program.
#[track_caller]
pub(super) fn chromium() -> PathBuf {
    on_path(&["chromium", "chromium-browser", "google-chrome"])
}

#[track_caller]
fn on_path(names: &[&str]) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("none of {names:?} is on the path: install it"))
}
