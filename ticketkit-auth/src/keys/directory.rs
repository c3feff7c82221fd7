//! The ring as a folder of files `<stage>-<kid>.pem`.

use std::{fs, io, path::Path, time::SystemTime};

use super::{
    KeyError, KeyRing, KeyStage, SigningKey,
    files::{content_error, file_error, sync_folder, warn_if_shared, write_private},
};

struct Found {
    key: SigningKey,
    stage: KeyStage,
    modified: SystemTime,
}

/// Returns the ring of the folder; nothing if there are no key files.
pub(super) fn load(folder: &Path) -> Result<Option<KeyRing>, KeyError> {
    let mut found = Vec::new();
    for (stage, path) in key_files(folder)? {
        warn_if_shared(&path);
        let text = fs::read_to_string(&path).map_err(|source| file_error("read", &path, source))?;
        let modified = fs::metadata(&path)
            .and_then(|metadata| metadata.modified())
            .map_err(|source| file_error("read", &path, source))?;
        let key = SigningKey::from_pem(&text).map_err(|error| content_error(&path, error))?;
        found.push(Found { key, stage, modified });
    }
    if found.is_empty() {
        return Ok(None);
    }
    // A crash between the two renames of a promotion leaves two active files: the newer key is
    // the one that was promoted.
    let newest = found
        .iter()
        .enumerate()
        .filter(|(_, found)| found.stage == KeyStage::Active)
        .max_by_key(|(_, found)| found.modified)
        .map(|(at, _)| at)
        .ok_or_else(|| KeyError::NoActive(folder.to_owned()))?;
    let active = found.swap_remove(newest).key;
    let others = found
        .into_iter()
        .map(|found| match found.stage {
            KeyStage::Active => (found.key, KeyStage::Retiring),
            stage => (found.key, stage),
        })
        .collect();
    KeyRing::with_keys(active, others).map(Some)
}

/// Makes the folder say what the keys say.
pub(super) fn save(folder: &Path, keys: &[(SigningKey, KeyStage)]) -> Result<(), KeyError> {
    let mut wanted = Vec::new();
    // New names first, old ones after: at no moment is there no active key.
    for (key, stage) in keys.iter().filter(|(_, stage)| *stage != KeyStage::Removed) {
        let path = folder.join(format!("{stage}-{}.pem", key.kid()));
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

fn key_files(folder: &Path) -> Result<Vec<(KeyStage, std::path::PathBuf)>, KeyError> {
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
