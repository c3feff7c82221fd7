//! What git says of a project.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Returns the files of a project that are not committed. Without git, or a repository, there is
/// nothing to commit to, and none.
pub(crate) fn uncommitted(root: &Path) -> Vec<String> {
    let output = Command::new("git")
        .args(["--no-optional-locks", "status", "--porcelain", "-z", "--no-renames", "--", "."])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => parse(&String::from_utf8_lossy(&output.stdout)),
        _ => Vec::new(),
    }
}

/// Two letters, a space, a path, a zero byte.
fn parse(text: &str) -> Vec<String> {
    text.split('\0').filter_map(|entry| entry.get(3..)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_git_prints_is_read() {
        assert_eq!(parse(" M a b.rs\0?? new/\0"), ["a b.rs", "new/"]);
        assert!(parse("").is_empty());
    }
}
