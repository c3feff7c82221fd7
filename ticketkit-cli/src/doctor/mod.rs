//! `doctor`: what stands in the way of a project, and the command that mends it.
//!
//! | module | looks at |
//! |---|---|
//! | [`toolchain`] | cargo, the compiler and its parts |
//! | [`project`] | the files of the generator, the age of the templates, the crates |
//! | [`settings`] | what is set, in the environment and in the file |
//! | [`surroundings`] | the data folder, the address and who listens there, servers that settings name |
//! | [`program`] | what is set and the built program does not know |
//! | [`databases`] | migrations that have not run, subscriptions that are not as declared |

mod databases;
mod program;
mod project;
mod settings;
mod surroundings;
mod toolchain;

use serde::Serialize;

use self::program::Program;
pub(crate) use self::{settings::Settings, surroundings::DEFAULT_ADDRESS};
use crate::{failure::Failure, project::Project};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    pub(crate) text: String,
    /// The command that mends it, or what to do where no command can.
    pub(crate) mend: String,
}

/// A check, and what it found: nothing, if all is well.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) check: &'static str,
    /// What was looked at, where all is well.
    pub(crate) well: String,
    pub(crate) findings: Vec<Finding>,
}

/// Runs every check, in the order in which mending helps.
///
/// # Errors
///
/// If the project cannot even be read.
pub(crate) fn examine(project: &Project) -> Result<Vec<Checked>, Failure> {
    let mut all = vec![toolchain::check(&project.root), project::files(project)?];
    all.push(project::crates(project));
    let (settings, checked) = Settings::read(&project.root, &project.answers);
    let program = Program::find(project);
    let first = all.len();
    all.push(checked);
    all.push(surroundings::data(&settings));
    all.push(surroundings::address(&settings));
    all.push(surroundings::servers(&settings));
    all.push(program::check(project, program.as_ref(), &settings));
    // With a setting that it refuses, or without its server, it could only say the same again.
    let is_blocked = all[first..].iter().any(|one| !one.findings.is_empty());
    all.extend(databases::check(project, program.as_ref(), is_blocked));
    Ok(all)
}

impl Checked {
    fn well(check: &'static str, well: impl Into<String>) -> Self {
        Self { check, well: well.into(), findings: Vec::new() }
    }

    fn add(&mut self, text: impl Into<String>, mend: impl Into<String>) {
        let (text, mend) = (text.into(), mend.into());
        self.findings.push(Finding { check: self.check, text, mend });
    }
}
