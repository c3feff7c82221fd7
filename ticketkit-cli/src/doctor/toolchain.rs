//! Cargo, the compiler and its parts.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::Checked;

/// A version of the compiler: 1.94.
type Version = (u32, u32);

pub(super) fn check(root: &Path) -> Checked {
    let mut checked = Checked::well("toolchain", "");
    let said = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir(root).stdin(Stdio::null()).stderr(Stdio::null());
        let output = command.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(rustc) = said("rustc", &["--version"]) else {
        checked.add("rustc cannot be run", "install Rust: https://rustup.rs");
        return checked;
    };
    if let (Some(has), Some(needs)) = (version(&rustc), needed(root))
        && has < needs
    {
        let (major, minor) = needs;
        let text = format!("the project needs Rust {major}.{minor}, and this is {rustc}");
        checked.add(text, "rustup update");
    }
    for (part, args) in [("rustfmt", ["fmt", "--version"]), ("clippy", ["clippy", "--version"])] {
        if said("cargo", &args).is_none() {
            let text = format!("{part} is missing, which the CI workflow runs");
            checked.add(text, format!("rustup component add {part}"));
        }
    }
    checked.well = rustc;
    checked
}

/// Reads `rustc 1.95.0 (59807616e 2026-04-14)`, or `1.94`.
fn version(text: &str) -> Option<Version> {
    let number = text.strip_prefix("rustc ").unwrap_or(text).split(' ').next()?;
    let mut parts = number.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The `rust-version` of the workspace.
fn needed(root: &Path) -> Option<Version> {
    let text = std::fs::read_to_string(root.join("Cargo.toml")).ok()?;
    let manifest: toml::Table = toml::from_str(&text).ok()?;
    let package = manifest.get("workspace")?.get("package")?;
    version(package.get("rust-version")?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(version("1.94"), Some((1, 94)));
        assert_eq!(version("nightly"), None);
        assert!(version("1.9") < version("1.10"));
    }
}
