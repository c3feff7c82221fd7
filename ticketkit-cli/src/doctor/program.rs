//! What the built program says: which settings there are.

use std::{
    collections::BTreeSet,
    io::Read,
    path::PathBuf,
    process::{Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Checked, settings::Settings};
use crate::project::Project;

pub(super) const NOT_BUILT: &str = "not built yet; `cargo build` lets more be checked";

/// How long it may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// The program that was built last.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    root: PathBuf,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum AskError {
    /// It does not run.
    Run,
    /// It does not end.
    Late,
    /// It refuses, and says why.
    Refused(String),
}

impl Program {
    /// Finds it where cargo puts it.
    pub(super) fn find(project: &Project) -> Option<Self> {
        let root = project.root.clone();
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let name = project.answers.name.as_str();
        let found = ["debug", "release"].map(|profile| target.join(profile).join(name));
        let path = found.into_iter().find(|path| path.is_file())?;
        Some(Self { path, root })
    }

    /// Runs it with an argument that makes it print something and end.
    pub(super) fn ask(&self, argument: &str) -> Result<String, AskError> {
        let mut command = Command::new(&self.path);
        command.arg(argument).current_dir(&self.root);
        ask(command, TIMEOUT)
    }
}

fn ask(mut command: Command, timeout: Duration) -> Result<String, AskError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|_| AskError::Run)?;
    // Beside the waiting, since one who prints much waits for a reader.
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < timeout => thread::sleep(PAUSE),
            Ok(None) | Err(_) => {
                // An error means that it has ended meanwhile.
                drop(child.kill());
                drop(child.wait());
                return Err(AskError::Late);
            }
        }
    };
    let text = |reader: JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
    };
    if status.success() {
        return Ok(text(stdout));
    }
    let said = text(stderr);
    let last = said.lines().rfind(|line| !line.is_empty());
    Err(AskError::Refused(last.map_or_else(|| status.to_string(), str::to_owned)))
}

fn read(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is what there is.
        drop(stream.map(|mut stream| stream.read_to_end(&mut bytes)));
        bytes
    })
}

pub(super) fn check(project: &Project, program: Option<&Program>, settings: &Settings) -> Checked {
    let name = project.answers.name.as_str();
    let mut checked = Checked::well("program", format!("{name} knows all that is set"));
    let Some(program) = program else {
        checked.well = NOT_BUILT.to_owned();
        return checked;
    };
    let Ok(table) = program.ask("--config-reference") else {
        checked.add(format!("{} does not run", program.path.display()), "cargo build");
        return checked;
    };
    let known = variables(&table);
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

/// The first column of the table.
fn variables(table: &str) -> BTreeSet<String> {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::{process::Command, time::Duration};

    use super::{AskError, ask, variables};

    #[test]
    fn a_program_that_does_not_end_is_not_waited_for() {
        let mut command = Command::new("sleep");
        command.arg("600");
        let answer = ask(command, Duration::from_millis(50));
        assert!(matches!(answer, Err(AskError::Late)), "{answer:?}");
    }

    #[test]
    fn the_variables_of_the_table_are_read() {
        let table = "| name | allowed |\n|---|---|\n| `SHOP_ADDR` | IP |\n| `RUST_LOG` | x |\n";
        assert_eq!(variables(table).into_iter().collect::<Vec<_>>(), ["RUST_LOG", "SHOP_ADDR"]);
    }
}
