use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// The data folder, until it is dropped or the process ends.
///
/// A process that runs all services has it alone. Those that run some share it.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
{% if project.auth %}
    is_shared: bool,
{% endif %}
    /// The system frees the lock with the file, however the process ends.
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("cannot use the data folder {} ({{ project.shouted }}_DATA_DIR)", .path.display())]
    Unusable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "the data folder {} is in use by another process: stop it, or set {{ project.shouted }}_DATA_DIR",
        .0.display()
    )]
    InUse(PathBuf),
}

impl DataFolder {
    /// Makes the folder where it is missing, readable for its owner alone, and locks it.
    pub(crate) fn open(path: &Path, is_shared: bool) -> Result<Self, FolderError> {
        let unusable = |source| FolderError::Unusable { path: path.to_owned(), source };
        create_private(path).map_err(unusable)?;
        let path = path.canonicalize().map_err(unusable)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unusable)?;
        match if is_shared { lock.try_lock_shared() } else { lock.try_lock() } {
{% if project.auth %}
            Ok(()) => Ok(Self { path, is_shared, _lock: lock }),
{% else %}
            Ok(()) => Ok(Self { path, _lock: lock }),
{% endif %}
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path)),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

{% if project.auth %}
    pub(crate) fn is_shared(&self) -> bool {
        self.is_shared
    }

{% endif %}
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn create_private(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_process_with_all_services_or_several_with_some() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("data");
        let all = DataFolder::open(&path, false).unwrap();
        for is_shared in [false, true] {
            let second = DataFolder::open(&path, is_shared);
            assert!(matches!(second, Err(FolderError::InUse(_))));
        }
        drop(all);
        let some = DataFolder::open(&path, true).unwrap();
        assert!(DataFolder::open(&path, true).is_ok());
        assert!(matches!(DataFolder::open(&path, false), Err(FolderError::InUse(_))));
        drop(some);
        assert!(DataFolder::open(&path, false).is_ok());
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(DataFolder::open(&file, false), Err(FolderError::Unusable { .. })));
    }
}
