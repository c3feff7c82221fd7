//! Where the servers' programs are.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Returns the path of a program: from `PATH`, or from where Debian hides servers.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/lib/rabbitmq/bin".into()])
        .chain(postgres_folders())
        .map(|folder| folder.join(program))
        .find(|candidate| is_executable(candidate))
}

/// Tells whether this process is root.
#[must_use]
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "0")
}

/// Returns a command that runs `program` with these options of `setpriv`, and that the kernel ends
/// with the thread that starts it, even where no guard runs because the process was killed.
#[must_use]
pub fn tied(program: &Path, options: &[&str]) -> Command {
    match find("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL"]).args(options).arg("--").arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Debian keeps each PostgreSQL version's programs off `PATH`; the newest comes first.
fn postgres_folders() -> Vec<PathBuf> {
    let mut versions: Vec<u32> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|v| PathBuf::from(format!("/usr/lib/postgresql/{v}/bin"))).collect()
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_and_folders_are_none() {
        assert!(find("sh").is_some());
        assert!(find(".").is_none());
        assert!(find("no-program-has-this-name").is_none());
    }
}
