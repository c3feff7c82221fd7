use std::process::Command;

use crate::files::{path, read};

#[test]
fn the_image_runs_without_rights_and_says_whether_it_is_healthy() {
    let dockerfile = read("Dockerfile");
    let last = dockerfile.rsplit_once("\nFROM ").expect("stages").1;
    let user = last.lines().find_map(|line| line.strip_prefix("USER ")).expect("a user");
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{user}");
    assert!(last.contains("HEALTHCHECK") && last.contains("\"--check\""), "no health check");
    assert!(last.contains("ENTRYPOINT [\"ticketing\"]"), "a shell would not pass signals on");
}

/// The layer of the dependencies is made from the manifests alone, so that a change of a source does
/// not touch it.
#[test]
fn the_skeleton_is_a_workspace_that_cargo_reads_without_our_sources() {
    let root = path("../../..");
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new("sh")
        .arg(path("skeleton.sh"))
        .args([&root, folder.path()])
        .status()
        .expect("a shell");
    assert!(made.success(), "{made}");
    let manifest = folder.path().join("examples/ticketing/Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let read = Command::new(cargo)
        // The tree is that of this platform: crates of others need not have been fetched.
        .args(["tree", "--workspace", "--depth", "0", "--locked", "--offline", "--manifest-path"])
        .arg(&manifest)
        .output()
        .expect("cargo");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let source = folder.path().join("ticketkit-core/src/lib.rs");
    let source = std::fs::read_to_string(source).expect("a stub");
    assert_eq!(source, "", "a source of ours is in the skeleton");
}
