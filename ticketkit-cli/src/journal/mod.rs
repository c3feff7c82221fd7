//! Changing many files as if they were one.
//!
//! Everything that will be written is first written beside the project's files, in
//! `.ticketkit/staging`, with what it replaces. Renaming that folder to `.ticketkit/journal` is the
//! moment at which the change is decided: killed before it, the program has changed nothing; killed
//! after it, the next run finishes the change. The files themselves are moved into place, which needs
//! no room on the disk. If one cannot be, those before it are moved back.

mod disk;
#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub(crate) use self::disk::write;
use self::disk::{Fault, make_folder, prune, remove, remove_folder, rename, sync_folder};
use crate::{
    failure::Failure,
    project::{FOLDER, is_absent},
};

/// A file to write, or to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// In the project, with `/`.
    pub(crate) path: String,
    pub(crate) text: Option<String>,
}

/// What the journal says of a step. The files are `new/N` and `old/N`, by the place in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    path: String,
    /// Whether it is written rather than removed.
    write: bool,
    /// Whether there was a file before.
    replaces: bool,
}

const STAGING: &str = "staging";
const JOURNAL: &str = "journal";
/// What the journal is called while its change is taken back, so that a kill meanwhile does not make
/// the next run go on with it.
const UNDO: &str = "undo";
const LIST: &str = "steps.json";

/// Takes all steps, or none.
///
/// # Errors
///
/// If something cannot be written; then everything is as it was.
pub(crate) fn commit(root: &Path, steps: &[Step]) -> Result<(), Failure> {
    if steps.is_empty() {
        return Ok(());
    }
    let own = root.join(FOLDER);
    let staging = own.join(STAGING);
    let staged = stage(root, &staging, steps).and_then(|()| {
        sync_folder(&staging)?;
        Ok(rename(&staging, &own.join(JOURNAL))?)
    });
    if let Err(error) = staged {
        // What is left of it harms nobody: the next run begins with removing it.
        drop(remove_folder(&staging));
        return Err(Failure::no(format!("nothing was changed: {error}")));
    }
    let journal = Journal::read(root, JOURNAL)?;
    if let Err(error) = sync_folder(&own).and_then(|()| journal.redo()) {
        journal.take_back()?;
        return Err(Failure::no(format!("nothing was changed: {error}")));
    }
    // Everything is in its place: a journal that stays is one of which nothing is left to do.
    drop(journal.end());
    Ok(())
}

/// Finishes what an earlier run decided and did not finish.
///
/// # Errors
///
/// If files that it would change were edited meanwhile, or cannot be changed.
pub(crate) fn recover(root: &Path) -> Result<(), Failure> {
    let own = root.join(FOLDER);
    remove_folder(&own.join(STAGING)).map_err(Failure::no)?;
    if own.join(UNDO).exists() {
        let journal = Journal::read(root, UNDO)?;
        return journal.undo().and_then(|()| journal.end());
    }
    if !own.join(JOURNAL).exists() {
        return Ok(());
    }
    let journal = Journal::read(root, JOURNAL)?;
    journal.check()?;
    journal.redo().map_err(|error| {
        Failure::no(format!("an earlier run was interrupted and cannot be finished: {error}"))
    })?;
    eprintln!("finished a change of {} files that was interrupted", journal.entries.len());
    journal.end()
}

fn stage(root: &Path, staging: &Path, steps: &[Step]) -> Result<(), Fault> {
    remove_folder(staging)?;
    for folder in ["new", "old"] {
        make_folder(&staging.join(folder))?;
    }
    let mut entries = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let path = root.join(&step.path);
        check_folders(root, &step.path)?;
        let replaces = match fs::read(&path) {
            Ok(old) => {
                write(&staging.join("old").join(number.to_string()), &old)?;
                true
            }
            Err(error) if is_absent(&error) => false,
            Err(error) => return Err(Fault::new("read", &path, error)),
        };
        if let Some(text) = &step.text {
            let staged = staging.join("new").join(number.to_string());
            write(&staged, text.as_bytes())?;
            if let Ok(known) = fs::metadata(&path) {
                // An edited script stays executable.
                fs::set_permissions(&staged, known.permissions())
                    .map_err(|error| Fault::new("set the permissions of", &staged, error))?;
            }
        }
        entries.push(Entry { path: step.path.clone(), write: step.text.is_some(), replaces });
    }
    let list = serde_json::to_vec(&entries).map_err(io::Error::other);
    let list = list.map_err(|error| Fault::new("write", staging, error))?;
    write(&staging.join(LIST), &list)
}

fn put_back(old: &Path, path: &Path) -> io::Result<()> {
    match fs::read(old) {
        // An earlier try moved it.
        Err(error) if is_absent(&error) => Ok(()),
        Ok(before) if fs::read(path).is_ok_and(|now| now == before) => Ok(()),
        _ => {
            // Its folder may be gone with it.
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            rename(old, path)
        }
    }
}

/// Refuses to write through a link that leads out of the project.
fn check_folders(root: &Path, path: &str) -> Result<(), Fault> {
    let mut folder = root.to_owned();
    let mut parts: Vec<_> = path.split('/').collect();
    parts.pop();
    for part in parts {
        folder.push(part);
        if folder.is_symlink() {
            let error = io::Error::other("it is a symbolic link, and may lead out of the project");
            return Err(Fault::new("write below", &folder, error));
        }
    }
    Ok(())
}

struct Journal {
    root: PathBuf,
    folder: PathBuf,
    entries: Vec<Entry>,
}

impl Journal {
    fn read(root: &Path, name: &str) -> Result<Self, Failure> {
        let folder = root.join(FOLDER).join(name);
        let list = folder.join(LIST);
        let bytes = fs::read(&list).map_err(|error| Failure::file("read", &list, &error))?;
        let entries = serde_json::from_slice(&bytes)
            .map_err(|error| Failure::no(format!("{} is broken: {error}", list.display())))?;
        Ok(Self { root: root.to_owned(), folder, entries })
    }

    fn new_file(&self, number: usize) -> PathBuf {
        self.folder.join("new").join(number.to_string())
    }

    fn old_file(&self, number: usize) -> PathBuf {
        self.folder.join("old").join(number.to_string())
    }

    /// Refuses to go on where a file is neither as it was nor as it will be.
    fn check(&self) -> Result<(), Failure> {
        for (number, entry) in self.entries.iter().enumerate() {
            let path = self.root.join(&entry.path);
            let done = entry.write && !self.new_file(number).exists();
            let now = fs::read(&path).ok();
            let before = entry.replaces.then(|| fs::read(self.old_file(number)).ok()).flatten();
            if !done && now != before && now.is_some() {
                return Err(Failure::no(format!(
                    "an earlier run was interrupted, and {} was edited since: move your edit away, \
                     run this again, and put it back",
                    entry.path
                )));
            }
        }
        Ok(())
    }

    fn redo(&self) -> Result<(), Fault> {
        for (number, entry) in self.entries.iter().enumerate() {
            let path = self.root.join(&entry.path);
            if entry.write {
                let staged = self.new_file(number);
                if !staged.exists() {
                    continue;
                }
                if let Some(folder) = path.parent() {
                    make_folder(folder)?;
                }
                rename(&staged, &path).map_err(|error| Fault::new("write", &path, error))?;
            } else {
                remove(&self.root, &path)?;
            }
        }
        Ok(())
    }

    /// Undoes what was done of it, and ends it.
    fn take_back(mut self) -> Result<(), Failure> {
        let folder = self.root.join(FOLDER).join(UNDO);
        rename(&self.folder, &folder)
            .map_err(|error| Failure::file("take back", &self.folder, &error))?;
        self.folder = folder;
        self.undo()?;
        self.end()
    }

    /// Puts back what was there before; what was put back already stays.
    fn undo(&self) -> Result<(), Failure> {
        for (number, entry) in self.entries.iter().enumerate() {
            let path = self.root.join(&entry.path);
            if entry.write && self.new_file(number).exists() {
                // Its folder may have been made for it.
                prune(&self.root, &path);
                continue;
            }
            let result = if entry.replaces {
                put_back(&self.old_file(number), &path)
            } else {
                remove(&self.root, &path).map_err(|fault| fault.error)
            };
            result.map_err(|error| Failure::file("put back", &path, &error))?;
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Failure> {
        // First it stops being a journal, at once; then it goes.
        let over = self.root.join(FOLDER).join(STAGING);
        rename(&self.folder, &over)
            .map_err(|error| Fault::new("remove", &self.folder, error))
            .and_then(|()| remove_folder(&over))
            .map_err(Failure::no)
    }
}
