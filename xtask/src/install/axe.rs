//! axe-core, which judges pages by what people with disabilities need of them: a script from npm,
//! below the target folder.

use std::{path::PathBuf, process::Command};

use super::find;
use crate::{
    failure::{Failure, Result},
    process, workspace,
};

const PACKAGE: &str = "axe-core@4.14.1";

/// What a person types where it could not be installed.
pub(super) const ADVICE: &str = "npm install --prefix target/axe axe-core@4.14.1";

/// Tells whether it is installed, or the environment says where it is.
pub(super) fn is_there() -> bool {
    std::env::var_os("TICKETKIT_TEST_AXE").is_some()
        || folder().join("node_modules/axe-core/axe.min.js").exists()
}

/// Installs it; without npm it stays missing, which is a lot to install for one file.
pub(super) fn install() -> Result<()> {
    if find("npm").is_none() {
        return Ok(());
    }
    println!("== installing {PACKAGE}");
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]);
    npm.arg(folder()).arg(PACKAGE);
    if process::run(&mut npm)? { Ok(()) } else { Err(Failure::new("npm install failed")) }
}

fn folder() -> PathBuf {
    workspace::target().join("axe")
}
