//! `ticketkit-core` with default features stays small and knows nothing of frameworks.

use std::{collections::BTreeSet, process::Command};

const MOST: usize = 35;

#[test]
fn core_alone_has_a_small_tree_without_runtime_framework_database_or_broker() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--package", "ticketkit-core", "--edges", "normal"])
        .args(["--prefix", "none", "--no-dedupe", "--format", "{p}", "--offline"])
        .current_dir(super::path("."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints text");
    let crates: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();

    assert!(crates.contains("ticketkit-core") && crates.contains("http"), "{crates:?}");
    assert!(crates.len() <= MOST, "{} crates: {crates:?}", crates.len());
    for unwanted in ["tokio", "hyper", "axum", "tower-http", "sqlx", "lapin"] {
        assert!(!crates.contains(unwanted), "{unwanted} is in the tree");
    }
}
