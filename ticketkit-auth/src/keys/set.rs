use std::{
    fmt,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

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
#[derive(Clone)]
pub struct KeySet(Arc<Shared>);

struct Shared {
    state: RwLock<Arc<State>>,
    /// That of the state, for those who need no more of it.
    generation: AtomicU64,
    /// Told of tokens whose key is not in the set.
    on_missed: OnceLock<Missed>,
}

type Missed = Box<dyn Fn(&str) + Send + Sync>;

#[derive(Debug)]
pub(crate) struct State {
    /// Counts the changes: what was verified under an older set is verified again.
    pub(crate) generation: u64,
    keys: Vec<VerifyingKey>,
}

impl State {
    /// Returns the ids of the keys as one text, whatever their order.
    #[cfg(feature = "events")]
    pub(crate) fn ids(&self) -> String {
        let mut ids: Vec<_> = self.keys.iter().map(VerifyingKey::kid).collect();
        ids.sort_unstable();
        ids.join(" ")
    }

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
        let state = RwLock::new(Arc::new(State { generation: 0, keys }));
        Ok(Self(Arc::new(Shared {
            state,
            generation: AtomicU64::new(0),
            on_missed: OnceLock::new(),
        })))
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
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        let generation = state.generation + 1;
        *state = Arc::new(State { generation, keys });
        self.0.generation.store(generation, Ordering::Release);
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

    /// Has a function called with each token or statement whose key is not in the set; the first
    /// one stays.
    #[cfg(feature = "remote")]
    pub(crate) fn on_missed(&self, missed: impl Fn(&str) + Send + Sync + 'static) {
        let _ = self.0.on_missed.set(Box::new(missed));
    }

    pub(crate) fn missed(&self, token: &str) {
        if let Some(missed) = self.0.on_missed.get() {
            missed(token);
        }
    }

    /// Returns how often the keys were replaced.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.0.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeySet").field(&self.state()).finish()
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
