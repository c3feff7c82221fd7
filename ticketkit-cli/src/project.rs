//! A project on the disk.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{
    answers::{self, Answers},
    failure::Failure,
    journal,
};

/// The folder of what this program keeps in a project.
pub(crate) const FOLDER: &str = ".ticketkit";

/// In it, the files as they were generated last.
pub(crate) const PRISTINE: &str = "pristine";

/// A project: where it is, what it was asked to be, and what was generated for that.
///
/// While one exists, no other run of this program changes the same project.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) answers: Answers,
    /// The files as they were generated last, by path.
    pub(crate) pristine: BTreeMap<String, String>,
    /// The system frees the lock with the file, however the program ends.
    _lock: File,
}

impl Project {
    /// Opens the project that a folder is in, and finishes a change that was interrupted.
    ///
    /// # Errors
    ///
    /// If there is none, if it is in use, or if it cannot be read.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let root = find(folder)?;
        let own = root.join(FOLDER);
        fs::create_dir_all(&own).map_err(|error| Failure::file("make", &own, &error))?;
        let lock = lock(&own.join("lock"))?;
        journal::recover(&root)?;
        let answers = read_answers(&root)?;
        let pristine = read_all(&own.join(PRISTINE))?;
        if pristine.is_empty() {
            return Err(Failure::no(format!(
                "{} is missing or empty: restore it from version control, because without it your \
                 changes cannot be told from the generator's",
                own.join(PRISTINE).display()
            )));
        }
        Ok(Self { root, answers, pristine, _lock: lock })
    }

    /// Reads a file of the project; none if it is not there.
    pub(crate) fn read(&self, path: &str) -> Result<Option<Disk>, Failure> {
        let path = self.root.join(path);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(Disk::new(bytes))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(Failure::file("read", &path, &error)),
        }
    }
}

/// A file as it is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disk {
    /// The text with `\n` alone; none if it is no UTF-8.
    pub(crate) text: Option<String>,
    /// Whether lines end in `\r\n`, as git makes them on Windows.
    pub(crate) has_crlf: bool,
}

impl Disk {
    fn new(bytes: Vec<u8>) -> Self {
        let Ok(text) = String::from_utf8(bytes) else {
            return Self { text: None, has_crlf: false };
        };
        let has_crlf = text.contains("\r\n");
        let text = if has_crlf { text.replace("\r\n", "\n") } else { text };
        Self { text: Some(text), has_crlf }
    }
}

/// Finds the project that a folder is in, without a lock: for commands that change none of its files.
///
/// # Errors
///
/// If there is none, or its answers cannot be read.
pub(crate) fn look(folder: &Path) -> Result<(PathBuf, Answers), Failure> {
    let root = find(folder)?;
    let answers = read_answers(&root)?;
    Ok((root, answers))
}

fn read_answers(root: &Path) -> Result<Answers, Failure> {
    let file = root.join(answers::FILE);
    let text = fs::read_to_string(&file).map_err(|error| Failure::file("read", &file, &error))?;
    Answers::parse(&text).map_err(Failure::input)
}

fn find(folder: &Path) -> Result<PathBuf, Failure> {
    let start = folder.canonicalize().map_err(|error| {
        Failure::input(format!("cannot use the folder {}: {error}", folder.display()))
    })?;
    let root = start.ancestors().find(|folder| folder.join(answers::FILE).is_file());
    root.map(Path::to_owned).ok_or_else(|| {
        Failure::input(format!(
            "{} is in no project: there is no {} in it nor above; `cargo ticketkit new NAME` makes \
             one, and --project DIR names another folder",
            start.display(),
            answers::FILE
        ))
    })
}

fn lock(path: &Path) -> Result<File, Failure> {
    let unusable = |error: io::Error| Failure::file("lock", path, &error);
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Failure::no("another run of cargo ticketkit is changing this project; wait for it"))
        }
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Reads every file below a folder, by its path with `/`.
fn read_all(folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut files = BTreeMap::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => continue,
            Err(error) => return Err(Failure::file("read", &folder, &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| Failure::file("read", &folder, &error))?;
            let path = entry.path();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if path.is_dir() {
                folders.push((path, format!("{name}/")));
            } else {
                let text = fs::read_to_string(&path);
                let text = text.map_err(|error| Failure::file("read", &path, &error))?;
                files.insert(name, text.replace("\r\n", "\n"));
            }
        }
    }
    Ok(files)
}

/// A path that leads through a file is as absent as one that leads nowhere.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
