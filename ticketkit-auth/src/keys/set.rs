use std::sync::{Arc, PoisonError, RwLock};

use super::{Jwks, KeyError, KeyRing, VerifyingKey, install_crypto_provider};

/// The keys that a service verifies with. A cheap, shared handle: a change is seen by all clones.
///
/// ```
/// use ticketkit_auth::keys::{Algorithm, KeyRing, KeySet};
///
/// # fn main() -> Result<(), ticketkit_auth::keys::KeyError> {
/// let ring = KeyRing::generate(Algorithm::EdDsa)?;
/// // In the process of the issuer: follows the ring.
/// let shared: KeySet = ring.key_set();
/// // In any other: what its key set says.
/// let document = serde_json::to_vec(&ring.jwks()).expect("a key set is JSON");
/// let fetched = KeySet::from_jwks(&document)?;
/// assert_eq!(shared.len(), fetched.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct KeySet(Arc<RwLock<Arc<State>>>);

#[derive(Debug)]
pub(crate) struct State {
    /// Counts the changes: what was verified under an older set is verified again.
    pub(crate) generation: u64,
    keys: Vec<VerifyingKey>,
}

impl State {
    pub(crate) fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.iter().find(|key| key.kid() == kid)
    }
}

impl KeySet {
    /// Makes a set of the keys.
    ///
    /// # Errors
    ///
    /// If a key id is there twice, if public and symmetric keys are mixed, or if the provider of
    /// cryptography does not work.
    pub fn new(keys: Vec<VerifyingKey>) -> Result<Self, KeyError> {
        install_crypto_provider()?;
        check(&keys)?;
        Ok(Self(Arc::new(RwLock::new(Arc::new(State { generation: 0, keys })))))
    }

    /// Reads the set from the document at `/.well-known/jwks.json` of the issuer.
    ///
    /// # Errors
    ///
    /// As [`Jwks::parse`].
    pub fn from_jwks(document: &[u8]) -> Result<Self, KeyError> {
        Self::new(Jwks::parse(document)?)
    }

    /// Replaces the keys. On an error the old ones stay.
    ///
    /// # Errors
    ///
    /// As [`KeySet::new`].
    pub fn replace(&self, keys: Vec<VerifyingKey>) -> Result<(), KeyError> {
        check(&keys)?;
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *state = Arc::new(State { generation: state.generation + 1, keys });
        Ok(())
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().keys.len()
    }

    /// Tells whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<&KeyRing> for KeySet {
    fn from(ring: &KeyRing) -> Self {
        ring.key_set()
    }
}

impl From<&Self> for KeySet {
    fn from(set: &Self) -> Self {
        set.clone()
    }
}

fn check(keys: &[VerifyingKey]) -> Result<(), KeyError> {
    for (i, key) in keys.iter().enumerate() {
        if keys.iter().take(i).any(|other| other.kid() == key.kid()) {
            return Err(KeyError::Duplicate(key.kid().to_owned()));
        }
        if key.algorithm().is_symmetric() != keys[0].algorithm().is_symmetric() {
            return Err(KeyError::MixedSet(key.algorithm()));
        }
    }
    Ok(())
}
