//! The commands, one module each.

pub(crate) mod add;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod new;
pub(crate) mod remove;
pub(crate) mod status;
pub(crate) mod update;

use crate::{
    answers::Answers, cli::How, failure::Failure, journal, plan, project::Project, render,
    report::Report,
};

/// Makes a project what other answers say, and tells what changed.
fn apply(
    project: &Project,
    answers: &Answers,
    how: &How,
    report: &mut Report,
) -> Result<bool, Failure> {
    let tree = render::tree(answers)?;
    let plan = plan::plan(project, answers, &tree, how.on_conflict)?;
    let stops = !plan.conflicts.is_empty() && how.on_conflict == crate::cli::OnConflict::Fail;
    report.changes(&plan.changes);
    report.conflicts(&plan.conflicts);
    report.set("root", project.root.display().to_string());
    report.set("dryRun", how.dry_run);
    if stops {
        report.refuse();
        report.say(
            "nothing was changed: say --on-conflict keep, take or markers, or settle it by hand",
        );
        return Ok(false);
    }
    if !plan.conflicts.is_empty() {
        report.refuse();
    }
    if how.dry_run {
        report.say("nothing was changed: this was a dry run");
        return Ok(false);
    }
    journal::commit(&project.root, &plan.steps)?;
    Ok(true)
}
