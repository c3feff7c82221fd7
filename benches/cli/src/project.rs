//! A generated project.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{Result, done};

pub(crate) struct Project {
    pub(crate) root: PathBuf,
}

impl Project {
    /// Has one written below a folder: the service `tickets`, and accounts.
    pub(crate) fn make(program: &Path, folder: &Path) -> Result<Self> {
        let deps = format!("path:{}", checkout().display());
        let new =
            ["ticketkit", "new", "shop", "--service", "tickets", "--auth", "--no-git", "--yes"];
        done(Command::new(program).args(new).args(["--deps", &deps]).current_dir(folder))?;
        Ok(Self { root: folder.join("shop") })
    }

    /// Brings what it needs from elsewhere, and writes its lock file.
    pub(crate) fn fetch(&self) -> Result<()> {
        done(self.cargo().arg("fetch"))
    }

    /// Counts the crates in its lock file.
    pub(crate) fn crates(&self) -> Result<f64> {
        let lock = self.root.join("Cargo.lock");
        if !lock.exists() {
            done(self.cargo().arg("generate-lockfile"))?;
        }
        let lock = fs::read_to_string(lock)?;
        Ok(lock.lines().filter(|line| *line == "[[package]]").count() as f64)
    }

    /// Builds it; returns how long that took.
    pub(crate) fn build(&self) -> Result<Duration> {
        let begun = Instant::now();
        done(self.cargo().arg("build"))?;
        Ok(begun.elapsed())
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new(cargo());
        // It builds into its own folder, as its user's would.
        cargo.current_dir(&self.root).env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
        cargo
    }
}

/// Builds the program as `cargo install` would, and returns its path.
pub(crate) fn program() -> Result<PathBuf> {
    let root = checkout();
    let build = ["build", "--quiet", "--release", "--package", "ticketkit-cli"];
    done(Command::new(cargo()).args(build).current_dir(&root))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(root.join(target).join("release/cargo-ticketkit"))
}

fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The root of this repository.
fn checkout() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap_or(root)
}
