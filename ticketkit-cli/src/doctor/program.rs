//! What the built program says: which settings there are.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Checked, settings::Settings};
use crate::project::Project;

pub(super) fn check(project: &Project, settings: &Settings) -> Checked {
    let name = project.answers.name.as_str();
    let mut checked = Checked::well("program", format!("{name} knows all that is set"));
    let Some(program) = find(&project.root, name) else {
        checked.well = "not built yet; `cargo build` lets more be checked".to_owned();
        return checked;
    };
    let output = Command::new(&program)
        .arg("--config-reference")
        .current_dir(&project.root)
        .stdin(Stdio::null())
        .output();
    let known = match output {
        Ok(output) if output.status.success() => {
            variables(&String::from_utf8_lossy(&output.stdout))
        }
        _ => {
            checked.add(format!("{} does not run", program.display()), "cargo build");
            return checked;
        }
    };
    let own = known.iter().filter(|variable| variable.starts_with(&settings.prefix));
    let own: Vec<_> = own.map(String::as_str).collect();
    for variable in settings.values.keys().filter(|variable| !known.contains(*variable)) {
        checked.add(
            format!("{variable} is set, and the program does not know it"),
            format!("{}; known are {}", settings.removal(variable), own.join(", ")),
        );
    }
    checked
}

/// Where cargo puts it.
fn find(root: &Path, name: &str) -> Option<PathBuf> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let found = ["debug", "release"].map(|profile| target.join(profile).join(name));
    found.into_iter().find(|path| path.is_file())
}

/// The first column of the table.
fn variables(table: &str) -> BTreeSet<String> {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::variables;

    #[test]
    fn the_variables_of_the_table_are_read() {
        let table = "| name | allowed |\n|---|---|\n| `SHOP_ADDR` | IP |\n| `RUST_LOG` | x |\n";
        assert_eq!(variables(table).into_iter().collect::<Vec<_>>(), ["RUST_LOG", "SHOP_ADDR"]);
    }
}
