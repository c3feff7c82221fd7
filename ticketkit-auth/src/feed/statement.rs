//! What is signed: news, heartbeats and snapshots, each under a type of its own.

use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    jws,
    keys::{KeyRing, KeySet},
    revocation::{Mark, Revocation, Snapshot},
    token::{InvalidToken, IssueError},
};

/// A statement that an issuer signs.
pub(super) trait Statement: Serialize + DeserializeOwned {
    /// `typ` of its header: what tells it from access tokens, and from the other statements.
    const TYPE: &'static str;
}

/// A numbered piece of news.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct News {
    pub(super) position: i64,
    pub(super) news: Revocation,
    /// Whether somebody waits for its effect, and instances are to report it at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) report: bool,
}

/// How far the stream is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Heartbeat {
    pub(super) mark: Mark,
    /// The ids of the keys that are published, so that a removed one is missed everywhere.
    pub(super) keys: String,
}

/// All that is known at a mark.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MarkedSnapshot {
    #[serde(flatten)]
    pub(super) mark: Mark,
    #[serde(flatten)]
    pub(super) snapshot: Snapshot,
}

impl Statement for News {
    const TYPE: &'static str = "ticketkit-revocation+jwt";
}

impl Statement for Heartbeat {
    const TYPE: &'static str = "ticketkit-heartbeat+jwt";
}

impl Statement for MarkedSnapshot {
    const TYPE: &'static str = "ticketkit-revocations+jwt";
}

#[derive(Serialize, Deserialize)]
struct Signed<T> {
    iss: String,
    /// Seconds since 1970.
    iat: i64,
    #[serde(flatten)]
    statement: T,
}

pub(super) fn sign<T: Statement>(
    ring: &KeyRing,
    issuer: &str,
    at: i64,
    statement: T,
) -> Result<String, IssueError> {
    let signed = Signed { iss: issuer.to_owned(), iat: at.div_euclid(1000), statement };
    jws::sign(&ring.active(), T::TYPE, &signed)
}

/// Verifies signed snapshots and the proofs of revocation events. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StatementVerifier {
    keys: KeySet,
    issuer: Arc<str>,
}

impl StatementVerifier {
    /// Makes a verifier of what this issuer signs.
    #[must_use]
    pub fn new(keys: impl Into<KeySet>, issuer: impl Into<Arc<str>>) -> Self {
        Self { keys: keys.into(), issuer: issuer.into() }
    }

    /// Returns what a signed snapshot says, and of which moment.
    ///
    /// # Errors
    ///
    /// If it is no snapshot that one of the keys signed for this issuer.
    pub fn snapshot(&self, signed: &str) -> Result<(Mark, Snapshot), InvalidToken> {
        let MarkedSnapshot { mark, snapshot } = self.open(signed)?;
        Ok((mark, snapshot))
    }

    pub(super) fn open<T: Statement>(&self, text: &str) -> Result<T, InvalidToken> {
        let json = jws::open(&self.keys.state(), T::TYPE, text)?;
        let signed: Signed<T> = serde_json::from_slice(&json).map_err(|_| InvalidToken::Claims)?;
        if signed.iss != *self.issuer {
            return Err(InvalidToken::Issuer);
        }
        Ok(signed.statement)
    }

    /// Tells whether these are the ids of the keys.
    pub(super) fn has_keys(&self, ids: &str) -> bool {
        self.keys.state().ids() == ids
    }
}
