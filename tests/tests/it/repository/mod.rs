//! The repository: what several of its files have to agree on.

mod core_tree;
mod licences;
mod security;
mod services;
mod statements;
mod versions;

use std::path::{Path, PathBuf};

/// Returns the path of a file of the repository.
fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

/// Returns the text of a file of the repository.
fn read(file: &str) -> String {
    std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}
