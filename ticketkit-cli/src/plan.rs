//! From what was generated, what is on the disk and what is generated now to what has to be done.

use std::collections::BTreeSet;

use diffy::{ConflictStyle, MergeOptions};
use serde::Serialize;

use crate::{
    answers::{self, Answers},
    cli::OnConflict,
    failure::Failure,
    journal::Step,
    project::{FOLDER, PRISTINE, Project},
    render::{Class, File, Tree},
};

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    Added,
    Changed,
    /// Your changes and the templates' are both in it.
    Merged,
    Removed,
    /// The templates changed or dropped it, and yours stays as it is.
    Kept,
}

/// A file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FileChange {
    pub(crate) path: String,
    pub(crate) change: Change,
}

/// Where both you and the templates changed the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Conflict {
    pub(crate) path: String,
    /// The line of your file at which the conflict begins; none if it is about the whole file.
    pub(crate) line: Option<usize>,
    pub(crate) what: String,
    /// The lines that clash; none if it is about the whole file.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) hunk: Option<Hunk>,
}

/// What you and the templates made of the same lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Hunk {
    pub(crate) yours: String,
    pub(crate) templates: String,
}

/// What has to be done to a project.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<FileChange>,
    pub(crate) conflicts: Vec<Conflict>,
    /// Everything that is written and removed, our own files included.
    pub(crate) steps: Vec<Step>,
}

/// Plans to make the project what other answers, or other templates, say.
pub(crate) fn plan(
    project: &Project,
    answers: &Answers,
    tree: &Tree,
    policy: OnConflict,
) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    let paths: BTreeSet<&String> = project.pristine.keys().chain(tree.keys()).collect();
    for path in paths {
        let base = project.pristine.get(path).map(String::as_str);
        plan.file(project, path, base, tree.get(path), policy)?;
        let kept = tree.get(path).map(|file| file.text.as_str());
        if base != kept {
            let path = format!("{FOLDER}/{PRISTINE}/{path}");
            plan.steps.push(Step { path, text: kept.map(str::to_owned) });
        }
    }
    if *answers != project.answers {
        let text = Some(answers.to_text());
        plan.steps.push(Step { path: answers::FILE.to_owned(), text });
    }
    Ok(plan)
}

impl Plan {
    fn file(
        &mut self,
        project: &Project,
        path: &str,
        base: Option<&str>,
        theirs: Option<&File>,
        policy: OnConflict,
    ) -> Result<(), Failure> {
        if base == theirs.map(|file| file.text.as_str()) {
            return Ok(());
        }
        let Some(disk) = project.read(path)? else {
            match (base, theirs) {
                (None, Some(file)) => self.write(path, Change::Added, &file.text, false),
                // Lists cannot be done without; of the rest, who deleted it meant it.
                (Some(_), Some(file)) if file.class == Class::Owned => {
                    self.write(path, Change::Added, &file.text, false);
                }
                (Some(_), Some(_)) => self.note(path, Change::Kept),
                (_, None) => {}
            }
            return Ok(());
        };
        let crlf = disk.has_crlf;
        let Some(ours) = disk.text else {
            self.conflict(path, "is no text any more");
            return Ok(());
        };
        match (base, theirs) {
            (None, Some(file)) if file.text == ours => {}
            (None, Some(file)) => match policy {
                OnConflict::Fail => {
                    self.conflict(path, "is there already, and is not generated");
                }
                OnConflict::Keep => self.note(path, Change::Kept),
                OnConflict::Take => self.write(path, Change::Changed, &file.text, crlf),
                OnConflict::Markers => self.merge(path, "", &ours, &file.text, policy, crlf),
            },
            (Some(base), None) if base == ours => self.remove(path),
            (Some(_), None) => match policy {
                OnConflict::Fail => self.conflict(path, "was edited, and would be removed"),
                OnConflict::Keep | OnConflict::Markers => self.note(path, Change::Kept),
                OnConflict::Take => self.remove(path),
            },
            (Some(_), Some(file)) if file.text == ours => {}
            (Some(base), Some(file)) if base == ours => {
                self.write(path, Change::Changed, &file.text, crlf);
            }
            (Some(base), Some(file)) => self.merge(path, base, &ours, &file.text, policy, crlf),
            (None, None) => {}
        }
        Ok(())
    }

    fn merge(
        &mut self,
        path: &str,
        base: &str,
        ours: &str,
        theirs: &str,
        policy: OnConflict,
        crlf: bool,
    ) {
        if ours.lines().any(|line| line.starts_with(OURS)) {
            self.conflict(path, "still has conflict markers of an earlier merge");
            return;
        }
        let mut merge = MergeOptions::new();
        merge.set_conflict_style(ConflictStyle::Merge);
        let marked = match merge.merge(base, ours, theirs) {
            Ok(merged) => {
                if merged == ours {
                    return;
                }
                return self.write(path, Change::Merged, &merged, crlf);
            }
            Err(marked) => marked,
        };
        match policy {
            OnConflict::Fail => {
                self.clash(path, &marked, "was changed by you and by the templates");
            }
            OnConflict::Markers => {
                self.clash(path, &marked, "has conflict markers now");
                self.write(path, Change::Merged, &marked, crlf);
            }
            OnConflict::Keep | OnConflict::Take => {
                let merged = resolved(&marked, policy == OnConflict::Keep);
                if merged == ours {
                    self.note(path, Change::Kept);
                } else {
                    self.write(path, Change::Merged, &merged, crlf);
                }
            }
        }
    }

    fn write(&mut self, path: &str, change: Change, text: &str, crlf: bool) {
        self.note(path, change);
        let text = if crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        self.steps.push(Step { path: path.to_owned(), text: Some(text) });
    }

    fn remove(&mut self, path: &str) {
        self.note(path, Change::Removed);
        self.steps.push(Step { path: path.to_owned(), text: None });
    }

    fn note(&mut self, path: &str, change: Change) {
        self.changes.push(FileChange { path: path.to_owned(), change });
    }

    /// A conflict about a whole file.
    fn conflict(&mut self, path: &str, what: &str) {
        let (path, what) = (path.to_owned(), what.to_owned());
        self.conflicts.push(Conflict { path, line: None, what, hunk: None });
    }

    /// A conflict for each place where lines clash.
    fn clash(&mut self, path: &str, marked: &str, what: &str) {
        for (line, hunk) in hunks(marked) {
            let (path, what) = (path.to_owned(), what.to_owned());
            self.conflicts.push(Conflict { path, line: Some(line), what, hunk: Some(hunk) });
        }
    }
}

const OURS: &str = "<<<<<<< ";
const MIDDLE: &str = "=======";
const THEIRS: &str = ">>>>>>> ";

/// Returns what clashes, and at which lines of ours it begins.
fn hunks(marked: &str) -> Vec<(usize, Hunk)> {
    let mut found: Vec<(usize, Hunk)> = Vec::new();
    let mut number = 1;
    // Outside of conflicts, in ours, in theirs.
    let mut side = None;
    for line in marked.split_inclusive('\n') {
        let plain = line.trim_end_matches('\n');
        if plain.starts_with(OURS) {
            found.push((number, Hunk::default()));
            side = Some(true);
        } else if plain == MIDDLE && side.is_some() {
            side = Some(false);
        } else if plain.starts_with(THEIRS) {
            side = None;
        } else {
            number += usize::from(side != Some(false));
            match (side, found.last_mut()) {
                (Some(true), Some((_, hunk))) => hunk.yours.push_str(line),
                (Some(false), Some((_, hunk))) => hunk.templates.push_str(line),
                _ => {}
            }
        }
    }
    found
}

/// Takes one side of each conflict.
fn resolved(marked: &str, ours: bool) -> String {
    let mut text = String::new();
    // Outside of conflicts, in ours, in theirs.
    let mut side = None;
    for line in marked.split_inclusive('\n') {
        let plain = line.trim_end_matches('\n');
        if plain.starts_with(OURS) {
            side = Some(true);
        } else if plain == MIDDLE && side.is_some() {
            side = Some(false);
        } else if plain.starts_with(THEIRS) {
            side = None;
        } else if side.is_none_or(|side| side == ours) {
            text.push_str(line);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKED: &str = "a\n<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\nd\n<<<<<<< ours\n=======\n\
                          e\n>>>>>>> theirs\n";

    #[test]
    fn one_side_of_each_conflict_is_taken() {
        assert_eq!(resolved(MARKED, true), "a\nb\nd\n");
        assert_eq!(resolved(MARKED, false), "a\nc\nd\ne\n");
    }

    #[test]
    fn conflicts_are_told_by_the_lines_of_ours_and_what_clashes() {
        let hunk = |yours: &str, templates: &str| Hunk {
            yours: yours.to_owned(),
            templates: templates.to_owned(),
        };
        assert_eq!(hunks(MARKED), [(2, hunk("b\n", "c\n")), (4, hunk("", "e\n"))]);
    }
}
