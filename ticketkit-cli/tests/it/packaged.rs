//! A generated project against the crates as they would be published.

use std::{fs, path::Path, process::Command};

use super::{
    generated::{alone, cargo, workspace},
    support::{Place, run_in},
};

/// What is published, in the order in which it would be.
const CRATES: [&str; 5] =
    ["ticketkit-macros", "ticketkit-core", "ticketkit-events", "ticketkit-auth", "ticketkit-cli"];

/// Packs the crates and unpacks them in a folder, as whoever depends on them gets them.
fn unpacked(folder: &Path) {
    let target = folder.join("target");
    let mut package = Command::new(env!("CARGO"));
    package.args(["package", "--no-verify", "--offline", "--allow-dirty", "--quiet"]);
    package.arg("--target-dir").arg(&target).current_dir(workspace());
    for name in CRATES {
        package.args(["--package", name]);
    }
    assert!(package.status().unwrap().success());
    for name in CRATES {
        let file = format!("{name}-{}.crate", env!("CARGO_PKG_VERSION"));
        let file = target.join("package").join(file);
        let mut unpack = Command::new("tar");
        unpack.arg("--extract").arg("--gzip").arg("--file").arg(file).current_dir(folder);
        assert!(unpack.status().unwrap().success(), "{name}");
    }
}

#[test]
#[ignore = "packs the crates and builds with them, which takes minutes: run cargo xtask test"]
fn a_project_builds_against_the_packaged_crates() {
    let _alone = alone();
    let place = Place::empty();
    unpacked(place.home());
    let folder = |name: &str| {
        let folder = place.home().join(format!("{name}-{}", env!("CARGO_PKG_VERSION")));
        folder.to_str().unwrap().to_owned()
    };
    // What the program renders is in its package. Cargo leaves out any folder with a `Cargo.toml`,
    // so the templates call theirs otherwise.
    assert!(Path::new(&folder("ticketkit-cli")).join("templates/root/manifest.toml").is_file());

    let new = "new shop --service tickets --auth --db both --deps crates-io --no-git";
    run_in(place.home(), &new.split_whitespace().collect::<Vec<_>>()).done();
    place.run(&["add", "resource", "tickets", "ticket", "title:string"]).done();
    place.run(&["add", "handler", "tickets", "user.created"]).done();
    let patches =
        CRATES[..4].iter().map(|name| format!("{name} = {{ path = {:?} }}\n", folder(name)));
    let patches = format!("[patch.crates-io]\n{}", patches.collect::<String>());
    fs::create_dir(place.root().join(".cargo")).unwrap();
    place.write(".cargo/config.toml", &patches);
    fs::copy(workspace().join("Cargo.lock"), place.root().join("Cargo.lock")).unwrap();
    cargo(&place.root(), &["check", "--quiet", "--workspace", "--all-targets"]);
}
