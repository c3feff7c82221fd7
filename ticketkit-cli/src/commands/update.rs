//! `update`: the same answers with the templates of this program.

use std::path::Path;

use super::apply;
use crate::{answers::TEMPLATE, cli::How, failure::Failure, project::Project, report::Report};

pub(crate) fn run(folder: &Path, how: &How) -> Result<Report, Failure> {
    let project = Project::open(folder)?;
    let mut answers = project.answers.clone();
    answers.template = TEMPLATE;
    let mut report = Report::new("update");
    report.set("from", project.answers.template);
    report.set("to", TEMPLATE);
    apply(&project, &answers, how, &mut report)?;
    Ok(report)
}
