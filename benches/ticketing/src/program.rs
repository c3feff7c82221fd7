//! The program that is measured.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Result;

/// Builds `ticketing` as this program is built, and returns its path.
///
/// `cargo xtask bench` builds in release. Without, there is only to be seen whether the measuring
/// works: `cargo run --manifest-path benches/Cargo.toml --package bench-ticketing`.
pub(crate) fn build() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "ticketing", "--manifest-path"]);
    build.arg("examples/ticketing/Cargo.toml");
    let profile = if cfg!(debug_assertions) {
        eprintln!("a debug build: the figures say nothing");
        "debug"
    } else {
        build.arg("--release");
        "release"
    };
    let built = build.current_dir(&root).stdout(Stdio::null()).status()?;
    if !built.success() {
        return Err(format!("`ticketing` does not build ({built})").into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), PathBuf::from)
        .canonicalize()?;
    Ok(target.join(profile).join("ticketing"))
}

/// Runs a program and returns what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("`{name}` failed ({}): {text}{error}", output.status).into())
}

/// A program of PostgreSQL.
pub(crate) fn postgres(program: &str) -> Result<Command> {
    let path = ticketkit_servers::find(program)
        .ok_or_else(|| format!("no program `{program}`: install PostgreSQL's client"))?;
    Ok(Command::new(path))
}
