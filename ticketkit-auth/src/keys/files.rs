//! Files that only their owner can read, written whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::KeyError;
use crate::random;

/// Reads a secret of 32 bytes from a file (base64), or makes one there.
///
/// For secrets beside the key ring, such as the one of the
/// [refresh tokens](crate::refresh::RefreshTokens).
///
/// # Errors
///
/// If the file cannot be read or written, or holds fewer than 32 bytes.
pub fn secret_from_file(path: impl AsRef<Path>) -> Result<Vec<u8>, KeyError> {
    let path = path.as_ref();
    match fs::read_to_string(path) {
        Ok(text) => secret_from_text(&text).map_err(|error| content_error(path, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = random::bytes::<32>()?;
            write_private(path, STANDARD.encode(secret).as_bytes())?;
            Ok(secret.to_vec())
        }
        Err(source) => Err(file_error("read", path, source)),
    }
}

fn secret_from_text(text: &str) -> Result<Vec<u8>, KeyError> {
    let secret = STANDARD
        .decode(text.trim())
        .map_err(|_| KeyError::Malformed("the secret is not base64"))?;
    if secret.len() < 32 {
        return Err(KeyError::WeakSecret { length: secret.len() });
    }
    Ok(secret)
}

/// Writes a file with mode 0600: to a temporary name, to the disk, and then under its own name.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), KeyError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let suffix = u64::from_ne_bytes(random::bytes()?);
    let temporary = folder.join(format!(".{suffix:016x}.tmp"));
    let written = write_new(&temporary, content)
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| sync_folder(folder));
    written.map_err(|source| {
        let _ = fs::remove_file(&temporary);
        file_error("write", path, source)
    })
}

pub(super) fn create_folder(folder: &Path) -> Result<(), KeyError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| file_error("create", folder, source))
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // At creation: a file that is made readable and then closed can be read in between.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The rename is durable only once the folder is.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Warns about a key file that others than its owner can read.
pub(super) fn warn_if_shared(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "a key file has mode {mode:o}, it should be 600");
        }
    }
}

pub(super) fn file_error(action: &'static str, path: &Path, source: io::Error) -> KeyError {
    KeyError::File { action, path: path.to_owned(), source }
}

pub(super) fn content_error(path: &Path, error: KeyError) -> KeyError {
    KeyError::Content { path: path.to_owned(), source: Box::new(error) }
}
