use std::{io, path::PathBuf, time::Duration};

use super::{Algorithm, KeyStage};
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
    /// An RSA key whose modulus can be factored. Longer ones neither sign nor verify here either.
    #[error("an RSA key of {bits} bits is too short, it needs at least 2048")]
    WeakRsa {
        /// The length of the modulus in bits.
        bits: usize,
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
        stage: KeyStage,
        /// The stage that was asked for.
        wanted: KeyStage,
    },
    /// A key that has not been in its stage for as long as the [`Overlap`](super::Overlap) says.
    #[error(
        "the key {kid} cannot become {wanted} for another {} s: {}",
        .wait.as_millis().div_ceil(1000),
        reason(*.wanted)
    )]
    TooEarly {
        /// The key id.
        kid: String,
        /// The stage that was asked for.
        wanted: KeyStage,
        /// How long to wait.
        wait: Duration,
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

impl KeyError {
    /// Tells whether the same call succeeds later, without a change to anything:
    /// [`TooEarly`](Self::TooEarly).
    #[must_use]
    pub const fn is_too_early(&self) -> bool {
        matches!(self, Self::TooEarly { .. })
    }
}

const fn reason(wanted: KeyStage) -> &'static str {
    match wanted {
        KeyStage::Active => "verifiers may have a key set without it (promote_now does not wait)",
        _ => "tokens that it signed may still be valid (remove_now does not wait)",
    }
}
