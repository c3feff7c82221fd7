//! localstripe, a stand-in for Stripe: a Python program, in an environment of its own below the
//! target folder.

use std::{path::PathBuf, process::Command};

use super::{apt_get, find, is_debian, is_root};
use crate::{
    failure::{Failure, Result},
    process, workspace,
};

const PACKAGE: &str = "localstripe==1.15.10";

/// What a person types where it could not be installed.
pub(super) const ADVICE: &str = "python3 -m venv target/localstripe && \
                                 target/localstripe/bin/pip install localstripe==1.15.10";

/// Tells whether it is installed, or the environment says where it is.
pub(super) fn is_there() -> bool {
    std::env::var_os("TICKETKIT_TEST_LOCALSTRIPE").is_some()
        || folder().join("bin/localstripe").exists()
}

/// Installs it; without Python it stays missing.
pub(super) fn install() -> Result<()> {
    if find("python3").is_none() && !(is_debian() && is_root()) {
        return Ok(());
    }
    println!("== installing {PACKAGE}");
    if !environment()? {
        if !(is_debian() && is_root()) {
            return Ok(());
        }
        // Debian has the module that makes environments in a package of its own.
        apt_get(&["python3-venv"])?;
        if !environment()? {
            return Err(Failure::new("python3 -m venv failed"));
        }
    }
    let mut pip = Command::new(folder().join("bin/pip"));
    pip.args(["install", "-q", "--disable-pip-version-check", PACKAGE]);
    if process::run(&mut pip)? { Ok(()) } else { Err(Failure::new("pip install failed")) }
}

fn environment() -> Result<bool> {
    if find("python3").is_none() {
        return Ok(false);
    }
    process::run(Command::new("python3").args(["-m", "venv"]).arg(folder()))
}

fn folder() -> PathBuf {
    workspace::target().join("localstripe")
}
