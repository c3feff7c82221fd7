//! Changing many files as if they were one.
//!
//! Everything that will be written is first written beside the project's files, in
//! `.ticketkit/staging`, with what it replaces. Renaming that folder to `.ticketkit/journal` is the
//! moment at which the change is decided: killed before it, the program has changed nothing; killed
//! after it, the next run finishes the change. The files themselves are moved into place, which needs
//! no room on the disk. If one cannot be, those before it are moved back.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

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
        fs::rename(&staging, own.join(JOURNAL))?;
        sync_folder(&own)
    });
    if let Err(error) = staged {
        // What is left of it harms nobody: the next run begins with removing it.
        drop(fs::remove_dir_all(&staging));
        return Err(Failure::no(format!("nothing was changed: {error}")));
    }
    let journal = Journal::read(root)?;
    if let Err(error) = journal.redo() {
        journal.undo()?;
        journal.end()?;
        return Err(Failure::no(format!("nothing was changed: {error}")));
    }
    journal.end()
}

/// Finishes what an earlier run decided and did not finish.
///
/// # Errors
///
/// If files that it would change were edited meanwhile, or cannot be changed.
pub(crate) fn recover(root: &Path) -> Result<(), Failure> {
    let own = root.join(FOLDER);
    if let Err(error) = fs::remove_dir_all(own.join(STAGING))
        && !is_absent(&error)
    {
        return Err(Failure::file("remove", &own.join(STAGING), &error));
    }
    if !own.join(JOURNAL).exists() {
        return Ok(());
    }
    let journal = Journal::read(root)?;
    journal.check()?;
    journal.redo().map_err(|error| {
        Failure::no(format!("an earlier run was interrupted and cannot be finished: {error}"))
    })?;
    eprintln!("finished a change of {} files that was interrupted", journal.entries.len());
    journal.end()
}

fn stage(root: &Path, staging: &Path, steps: &[Step]) -> Result<(), Fault> {
    match fs::remove_dir_all(staging) {
        Err(error) if !is_absent(&error) => return Err(Fault::new("remove", staging, error)),
        _ => {}
    }
    for folder in ["new", "old"] {
        let folder = staging.join(folder);
        fs::create_dir_all(&folder).map_err(|error| Fault::new("make", &folder, error))?;
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
    write(&staging.join(LIST), &list)?;
    sync_folder(staging)
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
    fn read(root: &Path) -> Result<Self, Failure> {
        let folder = root.join(FOLDER).join(JOURNAL);
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
                    fs::create_dir_all(folder)
                        .map_err(|error| Fault::new("make", folder, error))?;
                }
                fs::rename(&staged, &path).map_err(|error| Fault::new("write", &path, error))?;
            } else {
                remove(&self.root, &path)?;
            }
        }
        Ok(())
    }

    /// Puts back what was there before.
    fn undo(&self) -> Result<(), Failure> {
        for (number, entry) in self.entries.iter().enumerate() {
            let path = self.root.join(&entry.path);
            if entry.write && self.new_file(number).exists() {
                continue;
            }
            let result = if entry.replaces {
                match fs::read(self.old_file(number)) {
                    Ok(old) if fs::read(&path).is_ok_and(|now| now == old) => Ok(()),
                    _ => fs::rename(self.old_file(number), &path),
                }
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
        fs::rename(&self.folder, &over)
            .and_then(|()| fs::remove_dir_all(&over))
            .map_err(|error| Failure::file("remove", &self.folder, &error))
    }
}

/// Removes a file, and the folders that are empty then.
fn remove(root: &Path, path: &Path) -> Result<(), Fault> {
    match fs::remove_file(path) {
        Err(error) if !is_absent(&error) => return Err(Fault::new("remove", path, error)),
        _ => {}
    }
    let mut folder = path.parent();
    while let Some(empty) = folder.filter(|folder| *folder != root) {
        if fs::remove_dir(empty).is_err() {
            break;
        }
        folder = empty.parent();
    }
    Ok(())
}

/// What could not be done with a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {}: {error}", .path.display())]
pub(crate) struct Fault {
    what: &'static str,
    path: PathBuf,
    error: io::Error,
}

impl Fault {
    fn new(what: &'static str, path: &Path, error: io::Error) -> Self {
        Self { what, path: path.to_owned(), error }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::new("write", Path::new(FOLDER), error)
    }
}

/// Writes a new file, and returns when it is on the disk.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| Fault::new("write", path, error))
}

fn sync_folder(path: &Path) -> Result<(), Fault> {
    // Only Unix opens folders as files.
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| Fault::new("write", path, error))?;
    }
    Ok(())
}
