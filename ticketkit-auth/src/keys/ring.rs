use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Algorithm, Jwks, KeyError, KeySet, KeyStage, SigningKey, VerifyingKey, directory};

/// The keys of the issuer with their stages. A cheap, shared handle.
///
/// ```
/// use ticketkit_auth::keys::{Algorithm, KeyRing, KeyStage, SigningKey};
///
/// # fn main() -> Result<(), ticketkit_auth::keys::KeyError> {
/// let ring = KeyRing::generate(Algorithm::EdDsa)?;
/// let old = ring.active().kid().to_owned();
///
/// // Published first; signing with it once every verifier has had time to see it.
/// let next = ring.add_standby(SigningKey::generate(Algorithm::EdDsa)?)?;
/// ring.promote(&next)?;
/// assert_eq!(ring.stage(&old), Some(KeyStage::Retiring));
///
/// // When the last token of the old one has ended, or at once if it leaked.
/// ring.remove(&old)?;
/// assert_eq!(ring.jwks().keys().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct KeyRing {
    state: Arc<Mutex<State>>,
    set: KeySet,
}

#[derive(Debug)]
struct State {
    active: SigningKey,
    others: Vec<(SigningKey, KeyStage)>,
}

impl KeyRing {
    /// Makes a ring with a new key, kept in memory: all tokens end with the process.
    ///
    /// # Errors
    ///
    /// If the provider of cryptography fails.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        Self::new(SigningKey::generate(algorithm)?)
    }

    /// Makes a ring of one key, which is active.
    ///
    /// # Errors
    ///
    /// If the provider of cryptography fails.
    pub fn new(active: SigningKey) -> Result<Self, KeyError> {
        Self::with_keys(active, Vec::new())
    }

    pub(super) fn with_keys(
        active: SigningKey,
        others: Vec<(SigningKey, KeyStage)>,
    ) -> Result<Self, KeyError> {
        let state = State { active, others };
        let set = KeySet::new(state.published())?;
        Ok(Self { state: Arc::new(Mutex::new(state)), set })
    }

    /// Loads the ring of a folder, or makes one there if the folder has no keys.
    ///
    /// A key is a file `<stage>-<kid>.pem` that only its owner can read.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, holds no usable key, or there are keys and none of
    /// them is active.
    pub fn open(folder: impl AsRef<Path>, algorithm: Algorithm) -> Result<Self, KeyError> {
        let folder = folder.as_ref();
        if let Some(ring) = directory::load(folder)? {
            return Ok(ring);
        }
        let ring = Self::generate(algorithm)?;
        ring.save(folder)?;
        tracing::info!(kid = ring.active().kid(), "generated a signing key");
        Ok(ring)
    }

    /// Reads a ring from text, such as an environment variable: PEM blocks one after the other. The
    /// first key signs; what the others signed is accepted too, so the next key stands second before
    /// it stands first.
    ///
    /// # Errors
    ///
    /// If a block holds no usable key, or there is none.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for block in text.split("-----BEGIN").skip(1) {
            keys.push(SigningKey::from_pem(&format!("-----BEGIN{block}"))?);
        }
        let mut keys = keys.into_iter();
        let active = keys.next().ok_or(KeyError::Malformed("it is not a PEM file"))?;
        Self::with_keys(active, keys.map(|key| (key, KeyStage::Retiring)).collect())
    }

    /// Takes in again what a folder holds, and returns whether that is something else: keys that a
    /// command added, promoted or removed are so in the running service.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); the ring then stays as it is. A folder without keys is an error here.
    pub fn reload(&self, folder: impl AsRef<Path>) -> Result<bool, KeyError> {
        let folder = folder.as_ref();
        let found =
            directory::load(folder)?.ok_or_else(|| KeyError::NoActive(folder.to_owned()))?;
        let found = found.with(|state| (state.active.clone(), state.others.clone()));
        self.change(|state| {
            let ids = |active: &SigningKey, others: &[(SigningKey, KeyStage)]| {
                let mut ids: Vec<_> =
                    others.iter().map(|(key, stage)| (key.kid().to_owned(), *stage)).collect();
                ids.push((active.kid().to_owned(), KeyStage::Active));
                ids.retain(|(_, stage)| *stage != KeyStage::Removed);
                ids.sort_unstable();
                ids
            };
            let differs = ids(&state.active, &state.others) != ids(&found.0, &found.1);
            if differs {
                (state.active, state.others) = found;
            }
            Ok(differs)
        })
    }

    /// Writes the ring into a folder: each file complete or not at all.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), KeyError> {
        let keys = self.with(|state| {
            let active = [(state.active.clone(), KeyStage::Active)];
            active.into_iter().chain(state.others.iter().cloned()).collect::<Vec<_>>()
        });
        directory::save(folder.as_ref(), &keys)
    }

    /// Returns the key that signs.
    #[must_use]
    pub fn active(&self) -> SigningKey {
        self.with(|state| state.active.clone())
    }

    /// Returns the stage of a key; nothing if the ring never had it.
    #[must_use]
    pub fn stage(&self, kid: &str) -> Option<KeyStage> {
        self.with(|state| {
            if state.active.kid() == kid {
                return Some(KeyStage::Active);
            }
            state.others.iter().find(|(key, _)| key.kid() == kid).map(|&(_, stage)| stage)
        })
    }

    /// Returns the keys that verify, as a handle that follows this ring.
    #[must_use]
    pub fn key_set(&self) -> KeySet {
        self.set.clone()
    }

    /// Returns the public document: standby, active and retiring keys, their public members only.
    ///
    /// It is empty where the keys are secrets (HS256).
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.with(|state| Jwks::of(state.published().iter()))
    }

    /// Adds a key that is published and signs nothing yet, and returns its id.
    ///
    /// # Errors
    ///
    /// If the ring has or had it already, or it is of the other kind (public and symmetric).
    pub fn add_standby(&self, key: SigningKey) -> Result<String, KeyError> {
        let kid = key.kid().to_owned();
        self.change(|state| {
            // A removed key does not come back either: it was removed for a reason.
            if state.active.kid() == key.kid()
                || state.others.iter().any(|(other, _)| other.kid() == key.kid())
            {
                return Err(KeyError::Duplicate(key.kid().to_owned()));
            }
            state.others.push((key, KeyStage::Standby));
            Ok(())
        })?;
        Ok(kid)
    }

    /// Makes a standby key the active one; the active one retires.
    ///
    /// # Errors
    ///
    /// If there is no such key, or it is not standby.
    pub fn promote(&self, kid: &str) -> Result<(), KeyError> {
        self.change(|state| {
            let at = state.position(kid, KeyStage::Active)?;
            let (key, stage) = &mut state.others[at];
            if *stage != KeyStage::Standby {
                let stage = *stage;
                return Err(stage_error(kid, stage, KeyStage::Active));
            }
            std::mem::swap(key, &mut state.active);
            *stage = KeyStage::Retiring;
            Ok(())
        })
    }

    /// Removes a key that is not active: from now on nothing that it signed is valid.
    ///
    /// # Errors
    ///
    /// If there is no such key, or it is the active one; promote another one first.
    pub fn remove(&self, kid: &str) -> Result<(), KeyError> {
        self.change(|state| {
            let at = state.position(kid, KeyStage::Removed)?;
            state.others[at].1 = KeyStage::Removed;
            Ok(())
        })
    }

    fn with<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Applies a change to the ring and then to the set; a set that would be unfit undoes it.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = State { active: state.active.clone(), others: state.others.clone() };
        let result = change(&mut changed)?;
        // Replacing the set makes every verifier forget what it verified.
        if changed
            .published()
            .iter()
            .map(VerifyingKey::kid)
            .ne(state.published().iter().map(VerifyingKey::kid))
        {
            self.set.replace(changed.published())?;
        }
        *state = changed;
        Ok(result)
    }
}

impl State {
    fn published(&self) -> Vec<VerifyingKey> {
        let others = self.others.iter().filter(|(_, stage)| *stage != KeyStage::Removed);
        [&self.active]
            .into_iter()
            .chain(others.map(|(key, _)| key))
            .map(|key| key.verifying_key().clone())
            .collect()
    }

    fn position(&self, kid: &str, wanted: KeyStage) -> Result<usize, KeyError> {
        if self.active.kid() == kid {
            return Err(stage_error(kid, KeyStage::Active, wanted));
        }
        self.others
            .iter()
            .position(|(key, _)| key.kid() == kid)
            .ok_or_else(|| KeyError::Unknown(kid.to_owned()))
    }
}

fn stage_error(kid: &str, stage: KeyStage, wanted: KeyStage) -> KeyError {
    KeyError::Stage { kid: kid.to_owned(), stage, wanted }
}
