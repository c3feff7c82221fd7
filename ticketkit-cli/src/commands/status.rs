//! `status`: every generated file against the disk, and against a full render.

use std::path::Path;

use serde::Serialize;
use serde_json::json;

use crate::{failure::Failure, project::Project, render, report::Report};

/// How a generated file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    Untouched,
    Edited,
    Missing,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileStatus {
    pub(crate) path: String,
    pub(crate) owner: &'static str,
    pub(crate) standing: Standing,
    /// Whether `update` has something for it.
    pub(crate) template_newer: bool,
}

/// Tells how each generated file stands.
///
/// # Errors
///
/// If one cannot be read.
pub(crate) fn files(project: &Project) -> Result<Vec<FileStatus>, Failure> {
    let tree = render::tree(&project.answers)?;
    let mut files = Vec::new();
    for (path, base) in &project.pristine {
        let standing = match project.read(path)? {
            None => Standing::Missing,
            Some(disk) if disk.text.as_ref() == Some(base) => Standing::Untouched,
            Some(_) => Standing::Edited,
        };
        let now = tree.get(path);
        let owner = match now.map(|file| file.class) {
            Some(render::Class::Owned) => "generator",
            _ => "you",
        };
        let template_newer = now.is_none_or(|file| file.text != *base);
        files.push(FileStatus { path: path.clone(), owner, standing, template_newer });
    }
    for path in tree.keys().filter(|path| !project.pristine.contains_key(*path)) {
        let standing = Standing::Missing;
        files.push(FileStatus { path: path.clone(), owner: "you", standing, template_newer: true });
    }
    Ok(files)
}

/// The answer is no where an owned file was edited, a file is missing, or a template is newer.
pub(crate) fn run(folder: &Path) -> Result<Report, Failure> {
    let files = files(&Project::open(folder)?)?;
    let mut report = Report::new("status");
    let mut drift = false;
    for file in &files {
        let word = match file.standing {
            Standing::Untouched if file.template_newer => "untouched",
            Standing::Untouched => continue,
            Standing::Edited => "edited",
            Standing::Missing => "missing",
        };
        let newer = if file.template_newer { ", template newer" } else { "" };
        let owner = if file.owner == "generator" { ", owned by the generator" } else { "" };
        drift |= file.template_newer
            || file.standing == Standing::Missing
            || (file.standing == Standing::Edited && file.owner == "generator");
        report.say(format!("{word:>9}  {}{newer}{owner}", file.path));
    }
    let untouched = files.iter().filter(|file| file.standing == Standing::Untouched).count();
    report.say(format!("{untouched} of {} generated files are untouched", files.len()));
    if drift {
        report.refuse();
        report.say("`cargo ticketkit update` merges newer templates");
    }
    report.set("files", json!(files));
    Ok(report)
}
