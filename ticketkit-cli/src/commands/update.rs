//! `update`: the same answers with the templates of this program.

use std::path::Path;

use super::apply;
use crate::{
    answers::TEMPLATE, cli::Update, failure::Failure, git, project::Project, report::Report,
};

pub(crate) fn run(folder: &Path, update: &Update) -> Result<Report, Failure> {
    let project = Project::open(folder)?;
    if !update.allow_dirty && !update.how.dry_run {
        check_committed(&project.root)?;
    }
    let mut answers = project.answers.clone();
    answers.template = TEMPLATE;
    let mut report = Report::new("update");
    report.set("from", project.answers.template);
    report.set("to", TEMPLATE);
    apply(&project, &answers, &update.how, &mut report)?;
    if report.is_empty() {
        report
            .say(format!("nothing to do: every file is as templates {TEMPLATE} have it, or yours"));
    }
    Ok(report)
}

/// A merge that reads well may still be wrong, and only a commit tells what it did.
fn check_committed(root: &Path) -> Result<(), Failure> {
    let files = git::uncommitted(root);
    let Some(first) = files.first() else { return Ok(()) };
    let what = match files.len() - 1 {
        0 => format!("{first} is"),
        1 => format!("{first} and another file are"),
        others => format!("{first} and {others} other files are"),
    };
    Err(Failure::no(format!(
        "nothing was changed: {what} not committed; commit first, so that the update can be looked \
         at and undone, or say --allow-dirty"
    )))
}
