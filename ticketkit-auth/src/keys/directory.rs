//! The ring as a folder of files `<stage>-<since>-<kid>.pem`.
//!
//! The time stands in the name, so that one rename changes it together with the stage, and that it
//! survives a copy. Files of before have none: `<stage>-<kid>.pem`.

use std::{
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::{
    KeyError, KeyStage, SigningKey,
    files::{content_error, file_error, sync_folder, warn_if_shared, write_private},
    state::Entry,
};

/// Returns the active key of the folder and the others; nothing if there are no key files.
pub(super) fn load(folder: &Path) -> Result<Option<(Entry, Vec<Entry>)>, KeyError> {
    let mut found = Vec::new();
    for (stage, path) in key_files(folder)? {
        warn_if_shared(&path);
        let text = fs::read_to_string(&path).map_err(|source| file_error("read", &path, source))?;
        let key = SigningKey::from_pem(&text).map_err(|error| content_error(&path, error))?;
        let since = match since_in_name(&path, stage, key.kid()) {
            Some(since) => since,
            None => fs::metadata(&path)
                .and_then(|metadata| last_changed(&metadata))
                .map_err(|source| file_error("read", &path, source))?,
        };
        found.push(Entry { key, stage, since });
    }
    if found.is_empty() {
        return Ok(None);
    }
    // A crash between the two renames of a promotion leaves two active files: that which became so
    // last is the one that was promoted.
    let newest = found
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.stage == KeyStage::Active)
        .max_by_key(|(_, entry)| entry.since)
        .map(|(at, _)| at)
        .ok_or_else(|| KeyError::NoActive(folder.to_owned()))?;
    let active = found.swap_remove(newest);
    for entry in &mut found {
        if entry.stage == KeyStage::Active {
            (entry.stage, entry.since) = (KeyStage::Retiring, active.since);
        }
    }
    Ok(Some((active, found)))
}

/// Makes the folder say what the keys say.
pub(super) fn save(folder: &Path, entries: &[Entry]) -> Result<(), KeyError> {
    let mut wanted = Vec::new();
    // New names first, old ones after: at no moment is there no active key.
    for Entry { key, stage, since } in
        entries.iter().filter(|entry| entry.stage != KeyStage::Removed)
    {
        let path = folder.join(format!("{stage}-{since}-{}.pem", key.kid()));
        if !path.exists() {
            let before = key_files(folder)?
                .into_iter()
                .map(|(_, path)| path)
                .find(|path| path.to_string_lossy().ends_with(&format!("-{}.pem", key.kid())));
            match before {
                Some(before) => fs::rename(&before, &path)
                    .and_then(|()| sync_folder(folder))
                    .map_err(|source| file_error("rename", &before, source))?,
                None => write_private(&path, key.to_pem().as_bytes())?,
            }
        }
        wanted.push(path);
    }
    for (_, path) in key_files(folder)? {
        if !wanted.contains(&path) {
            fs::remove_file(&path).map_err(|source| file_error("remove", &path, source))?;
        }
    }
    Ok(())
}

fn key_files(folder: &Path) -> Result<Vec<(KeyStage, PathBuf)>, KeyError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(file_error("read", folder, source)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| file_error("read", folder, source))?.path();
        let stage = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(".pem"))
            .and_then(|stem| stem.split_once('-'))
            .and_then(|(stage, _)| KeyStage::parse(stage));
        files.extend(stage.map(|stage| (stage, path)));
    }
    Ok(files)
}

fn since_in_name(path: &Path, stage: KeyStage, kid: &str) -> Option<i64> {
    path.file_stem()?
        .to_str()?
        .strip_prefix(stage.name())?
        .strip_prefix('-')?
        .strip_suffix(kid)?
        .strip_suffix('-')?
        .parse()
        .ok()
}

/// When a file was last written or renamed, in milliseconds since 1970.
///
/// The change of the inode counts too: a key that begins to retire is renamed and not written, and a
/// copy that keeps the time of writing is a new file all the same.
fn last_changed(metadata: &Metadata) -> io::Result<i64> {
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let modified = i64::try_from(modified.as_millis()).unwrap_or(i64::MAX);
    #[cfg(unix)]
    let modified = {
        use std::os::unix::fs::MetadataExt as _;
        let changed = metadata.ctime().saturating_mul(1000);
        modified.max(changed.saturating_add(metadata.ctime_nsec() / 1_000_000))
    };
    Ok(modified)
}
