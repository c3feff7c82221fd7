//! Where the binary is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The path of `ticketing`: the one that `TICKETING_TEST_BINARY` names, else it is built, once a
/// test run, so that no test ever runs against yesterday's.
#[must_use]
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| std::env::var_os("TICKETING_TEST_BINARY").map_or_else(build, PathBuf::from))
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // In the workspace, so that its `.cargo/config.toml` counts: the shared target folder.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", "ticketing", "--message-format", "json"])
        .current_dir(workspace)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo to start");
    assert!(output.status.success(), "cargo build --package ticketing: {}", output.status);
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "ticketing")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.expect("cargo names the executable")
}
