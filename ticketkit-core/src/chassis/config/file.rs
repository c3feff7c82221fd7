use std::{
    fs,
    path::{Path, PathBuf},
};

use figment::{
    Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map},
};

use super::{ConfigError, nearest::nearest};

/// A configuration file that was read, and has known keys alone.
pub(super) struct File {
    path: PathBuf,
    keys: Dict,
}

impl File {
    pub(super) fn read(path: &Path, known: &[&str]) -> Result<Self, ConfigError> {
        let unreadable = |reason: String| ConfigError::File { path: path.to_owned(), reason };
        let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        // Some editors begin a file with a byte order mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = line_of(bytes, error.valid_up_to());
            unreadable(format!("line {line} is not UTF-8: save it as UTF-8 text"))
        })?;
        let keys: Dict = Toml::from_str(text).map_err(|error| {
            // Its own text repeats the line, which may hold a secret.
            let line = line_of(bytes, error.span().map_or(0, |span| span.start));
            let said: Vec<_> = error.message().lines().map(str::trim).collect();
            unreadable(format!("line {line}: {}", said.join(", ")))
        })?;
        let Some(key) = keys.keys().find(|key| !known.contains(&key.as_str())) else {
            return Ok(Self { path: path.to_owned(), keys });
        };
        let meant = nearest(key, known).map(|name| format!(" (did you mean `{name}`?)"));
        let allowed = format!("{}{}", known.join(", "), meant.unwrap_or_default());
        Err(ConfigError::Unknown { path: path.to_owned(), key: key.clone(), allowed })
    }
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

impl Provider for File {
    fn metadata(&self) -> Metadata {
        Metadata::from("file", self.path.as_path())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.keys.clone())]))
    }
}
