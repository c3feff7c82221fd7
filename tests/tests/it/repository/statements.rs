//! The statements of the crates and the marketplace.

use std::fs;

use super::path;

/// SQLite plans a statement anew each time it is executed if a bound value may decide how; it takes
/// `limit $1` for such a value, and no expression.
#[test]
fn no_bound_limit_has_statements_planned_anew() {
    let folders = [
        "ticketkit-auth/src",
        "ticketkit-events/src",
        "ticketkit-cli/templates",
        "examples/ticketing",
    ];
    let mut folders: Vec<_> = folders.map(path).into();
    let (mut found, mut wrong) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                for line in lines.filter(|line| line.contains("limit ")) {
                    found += usize::from(line.contains("limit 0 + $"));
                    if line.contains("limit $") {
                        wrong.push(path.clone());
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "write `limit 0 + $1` in {wrong:#?}");
    assert!(found > 10, "{found} limits: are they written in another way?");
}
