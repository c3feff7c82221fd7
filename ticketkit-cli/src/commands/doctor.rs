//! `doctor`: looks at everything, changes nothing.

use std::path::Path;

use serde_json::json;

use crate::{doctor, failure::Failure, project::Project, report::Report};

/// The answer is no where anything was found.
pub(crate) fn run(folder: &Path) -> Result<Report, Failure> {
    let project = Project::open(folder)?;
    let all = doctor::examine(&project)?;
    let mut report = Report::new("doctor");
    let width = all.iter().map(|checked| checked.check.len()).max().unwrap_or_default();
    for checked in &all {
        let check = checked.check;
        if checked.findings.is_empty() {
            report.say(format!("{check:<width$}  fine: {}", checked.well));
        }
        for finding in &checked.findings {
            report.say(format!("{check:<width$}  {}", finding.text));
            report.say(format!("{:width$}  -> {}", "", finding.mend));
        }
    }
    let findings: Vec<_> = all.iter().flat_map(|checked| &checked.findings).collect();
    match findings.len() {
        0 => report.say("nothing was found"),
        1 => report.say("1 finding"),
        count => report.say(format!("{count} findings")),
    }
    if !findings.is_empty() {
        report.refuse();
    }
    report.set("checks", json!(all.iter().map(|checked| checked.check).collect::<Vec<_>>()));
    report.set("findings", json!(findings));
    Ok(report)
}
