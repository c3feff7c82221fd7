//! The two workspaces of the repository.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// One cargo workspace of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workspace {
    /// The crates, their common tests and this program.
    Crates,
    /// The reference system, `examples/ticketing`.
    Ticketing,
}

impl Workspace {
    pub(crate) const ALL: [Self; 2] = [Self::Crates, Self::Ticketing];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crates => "crates",
            Self::Ticketing => "ticketing",
        }
    }

    pub(crate) fn dir(self) -> PathBuf {
        match self {
            Self::Crates => root().to_owned(),
            Self::Ticketing => root().join("examples/ticketing"),
        }
    }

    /// Returns cargo with `args`, to be run in this workspace.
    pub(crate) fn cargo(self, args: &[&str]) -> Command {
        let mut command = Command::new(cargo_program());
        command.current_dir(self.dir()).args(args);
        // What cargo tells `cargo xtask` of itself must not leak into the cargo that it runs:
        // build scripts would see other variables than in a plain build, and build again.
        for (name, _) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name);
            }
        }
        command
    }
}

/// Returns the folder of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Returns the folder that both workspaces build into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn cargo_program() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
