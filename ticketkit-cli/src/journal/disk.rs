//! The operations on files that a change is made of.
//!
//! There are no others, so that a test can make each of them fail, or be the last one before a kill.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::project::{FOLDER, is_absent};

/// What could not be done with a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {}: {error}", .path.display())]
pub(crate) struct Fault {
    what: &'static str,
    path: PathBuf,
    pub(super) error: io::Error,
}

impl Fault {
    pub(super) fn new(what: &'static str, path: &Path, error: io::Error) -> Self {
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
    let written = moment().and_then(|()| File::create(path)).and_then(|mut file| {
        // A kill can come between the name and the bytes.
        moment()?;
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| Fault::new("write", path, error))
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    moment()?;
    fs::rename(from, to)
}

pub(super) fn make_folder(path: &Path) -> Result<(), Fault> {
    moment()
        .and_then(|()| fs::create_dir_all(path))
        .map_err(|error| Fault::new("make", path, error))
}

/// Removes a folder of our own with all that is in it, if it is there.
pub(super) fn remove_folder(path: &Path) -> Result<(), Fault> {
    match moment().and_then(|()| fs::remove_dir_all(path)) {
        Err(error) if !is_absent(&error) => Err(Fault::new("remove", path, error)),
        _ => Ok(()),
    }
}

/// Removes a file, if it is there, and the folders that are empty then.
pub(super) fn remove(root: &Path, path: &Path) -> Result<(), Fault> {
    match moment().and_then(|()| fs::remove_file(path)) {
        Err(error) if !is_absent(&error) => return Err(Fault::new("remove", path, error)),
        _ => {}
    }
    prune(root, path);
    Ok(())
}

/// Removes the folders above a file that are empty.
pub(super) fn prune(root: &Path, path: &Path) {
    let mut folder = path.parent();
    while let Some(empty) = folder.filter(|folder| *folder != root) {
        if moment().and_then(|()| fs::remove_dir(empty)).is_err() {
            break;
        }
        folder = empty.parent();
    }
}

pub(super) fn sync_folder(path: &Path) -> Result<(), Fault> {
    // Only Unix opens folders as files.
    if cfg!(unix) {
        moment()
            .and_then(|()| File::open(path))
            .and_then(|folder| folder.sync_all())
            .map_err(|error| Fault::new("write", path, error))?;
    }
    Ok(())
}

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "it fails in tests")]
const fn moment() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
use self::injected::moment;

/// Faults on purpose.
#[cfg(test)]
pub(super) mod injected {
    use std::{cell::Cell, io};

    /// What happens at the operation that is chosen.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in crate::journal) enum Injected {
        /// It fails, and those after it do not.
        Fault,
        /// It and all after it do nothing, as if the program were gone.
        Kill,
    }

    thread_local! {
        static NEXT: Cell<Option<(u32, Injected)>> = const { Cell::new(None) };
        static KILL_AFTER: Cell<Option<u32>> = const { Cell::new(None) };
        static IS_DEAD: Cell<bool> = const { Cell::new(false) };
    }

    /// Chooses the operation: how many come before it.
    pub(in crate::journal) fn at(number: u32, what: Injected) {
        NEXT.set(Some((number, what)));
    }

    /// Makes an operation fail, and the program be killed so many operations after it.
    pub(in crate::journal) fn fault_and_kill(fault: u32, kill: u32) {
        at(fault, Injected::Fault);
        KILL_AFTER.set(Some(kill));
    }

    /// Injects nothing any more, and returns whether the operation was never reached.
    pub(in crate::journal) fn off() -> bool {
        KILL_AFTER.set(None);
        IS_DEAD.set(false);
        NEXT.take().is_some()
    }

    pub(super) fn moment() -> io::Result<()> {
        match NEXT.get() {
            None if !IS_DEAD.get() => Ok(()),
            None => Err(io::Error::other("killed")),
            Some((0, what)) => {
                let kill = KILL_AFTER.take().map(|number| (number, Injected::Kill));
                NEXT.set(kill.filter(|_| what == Injected::Fault));
                IS_DEAD.set(what == Injected::Kill);
                Err(io::Error::other("injected"))
            }
            Some((number, what)) => {
                NEXT.set(Some((number - 1, what)));
                Ok(())
            }
        }
    }
}
