//! What `loco new` writes.

use std::{path::Path, process::Command};

use crate::{Result, done, project::Project};

/// In the lock file of loco 1.2, measured in November 2026.
pub(crate) const CRATES: f64 = 599.0;

/// A project of the peer, below a folder; none where `loco` is not installed.
pub(crate) fn make(folder: &Path) -> Result<Option<Project>> {
    if Command::new("loco").arg("--version").output().is_err() {
        eprintln!("no loco here; type: cargo install loco");
        return Ok(None);
    }
    let answers =
        ["new", "--name", "peer", "--db", "sqlite", "--bg", "async", "--assets", "none", "-a"];
    done(Command::new("loco").args(answers).current_dir(folder))?;
    Ok(Some(Project { root: folder.join("peer") }))
}
