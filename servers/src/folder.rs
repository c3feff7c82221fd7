//! A temporary folder that goes when it is dropped.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::error::{Result, ResultExt as _};

#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Creates a folder whose name begins with `ticketkit-` and `name`.
    pub(crate) fn create(name: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (process, count) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("ticketkit-{name}-{process}-{count}"));
        // A process id comes back one day; what its last holder left is nobody's.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).or_say(path.display())?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the end of a file in the folder, for a message about what went wrong.
    pub(crate) fn tail(&self, file: &str) -> String {
        let text = fs::read(self.0.join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Opens a file for a log, behind what it holds.
    pub(crate) fn log(&self, file: &str) -> Result<fs::File> {
        let path = self.0.join(file);
        fs::File::options().create(true).append(true).open(&path).or_say(path.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
