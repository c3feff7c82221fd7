use std::path::PathBuf;

/// Why a configuration is refused: the sentence is meant for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A value is not allowed.
    #[error("{origin}: {reason}")]
    Value {
        /// The variable, or the key and the file.
        origin: String,
        /// The value, and what is allowed.
        reason: String,
    },
    /// The file has a key that means nothing.
    #[error("{}: unknown key `{key}`; allowed are {allowed}", .path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The keys that mean something.
        allowed: String,
    },
}
