use std::{io, path::PathBuf};

use super::Algorithm;
use crate::random::RandomError;

/// Why keys cannot be used: an error of configuration, met at start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The provider of cryptography does not work.
    #[error("the provider of cryptography cannot sign and verify")]
    Provider,
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// Neither PKCS#8 nor a secret that this crate knows.
    #[error("no private key for EdDSA or ES256 in PKCS#8: {0}")]
    Malformed(&'static str),
    /// A secret that can be guessed.
    #[error("a secret of {length} bytes is too short for HS256, it needs at least 32")]
    WeakSecret {
        /// The length in bytes.
        length: usize,
    },
    /// Public and symmetric keys in one set: the way to the oldest attack on JWT.
    #[error("a key for {0} cannot be in one set with keys of the other kind")]
    MixedSet(Algorithm),
    /// The same key id twice.
    #[error("the key id {0} is there twice")]
    Duplicate(String),
    /// No key of that id in the ring.
    #[error("there is no key {0} in the ring")]
    Unknown(String),
    /// A key that cannot change its stage like that.
    #[error("the key {kid} is {stage}, and cannot become {wanted}")]
    Stage {
        /// The key id.
        kid: String,
        /// The stage that it is in.
        stage: super::KeyStage,
        /// The stage that was asked for.
        wanted: super::KeyStage,
    },
    /// A folder without a key to sign with.
    #[error("no active key in {0}, a file active-<kid>.pem")]
    NoActive(PathBuf),
    /// A key set that is none, or not as it must be.
    #[error("not a usable key set: {0}")]
    Jwks(String),
    /// A file that holds no key that can be used.
    #[error("the key file {path} cannot be used: restore it, or remove it to make a new key")]
    Content {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<KeyError>,
    },
    /// A file that cannot be read or written.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}
