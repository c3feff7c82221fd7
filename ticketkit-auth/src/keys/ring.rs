use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    Algorithm, Jwks, KeyError, KeySet, KeyStage, Overlap, SigningKey, VerifyingKey, directory,
    state::{Entry, State},
};
use crate::Clock;

/// The keys of the issuer with their stages. A cheap, shared handle.
///
/// A key changes its stage when every verifier can follow, and not before: how long that takes is
/// the [`Overlap`].
///
/// ```
/// use ticketkit_auth::{ManualClock, keys::{Algorithm, KeyRing, KeyStage, Overlap, SigningKey}};
///
/// # fn main() -> Result<(), ticketkit_auth::keys::KeyError> {
/// let time = ManualClock::default();
/// let ring = KeyRing::generate(Algorithm::EdDsa)?.clock(time.clock());
/// let old = ring.active().kid().to_owned();
///
/// // Published first; it signs once every verifier has had time to see it.
/// let next = ring.add_standby(SigningKey::generate(Algorithm::EdDsa)?)?;
/// assert!(ring.promote(&next).is_err_and(|error| error.is_too_early()));
/// time.advance(Overlap::DEFAULT.publish);
/// ring.promote(&next)?;
/// assert_eq!(ring.stage(&old), Some(KeyStage::Retiring));
///
/// // Removed when the last token of the old one has ended, or by `remove_now` if it leaked.
/// time.advance(Overlap::DEFAULT.retire);
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

    /// Makes a ring of keys that enter their stages now.
    fn with_keys(
        active: SigningKey,
        others: Vec<(SigningKey, KeyStage)>,
    ) -> Result<Self, KeyError> {
        let since = Clock::system().unix_millis();
        let entry = |(key, stage)| Entry { key, stage, since };
        let others = others.into_iter().map(entry).collect();
        Self::with_entries(entry((active, KeyStage::Active)), others)
    }

    pub(super) fn with_entries(active: Entry, others: Vec<Entry>) -> Result<Self, KeyError> {
        let state = State::new(active, others);
        let set = KeySet::new(state.published())?;
        Ok(Self { state: Arc::new(Mutex::new(state)), set })
    }

    /// Loads the ring of a folder, or makes one there if the folder has no keys.
    ///
    /// A key is a file `<stage>-<since>-<kid>.pem` that only its owner can read; `<since>` is when it
    /// entered the stage, in milliseconds since 1970. Where a name has none, it is when the file was
    /// last written or renamed, so that a copy waits anew.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, holds no usable key, or there are keys and none of
    /// them is active.
    pub fn open(folder: impl AsRef<Path>, algorithm: Algorithm) -> Result<Self, KeyError> {
        let folder = folder.as_ref();
        if let Some((active, others)) = directory::load(folder)? {
            return Self::with_entries(active, others);
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
    /// The text does not say since when: the [`Overlap`] between two versions of it is for whoever
    /// writes it to keep.
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

    /// Sets how long keys overlap, for all handles of this ring; [`Overlap::DEFAULT`] otherwise.
    ///
    /// Where a [`TokenIssuer`](crate::TokenIssuer) of this process has issued tokens with this ring
    /// that live for longer, their keys stay for longer in any case.
    #[must_use]
    pub fn overlap(self, overlap: Overlap) -> Self {
        self.lock().overlap = overlap;
        self
    }

    /// Sets the clock, for all handles of this ring.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        self.lock().clock = clock;
        self
    }

    /// Takes in again what a folder holds, and returns whether that is something else: keys that a
    /// command added, promoted or removed are so in the running service.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); the ring then stays as it is. A folder without keys is an error here.
    pub fn reload(&self, folder: impl AsRef<Path>) -> Result<bool, KeyError> {
        let folder = folder.as_ref();
        let (active, others) =
            directory::load(folder)?.ok_or_else(|| KeyError::NoActive(folder.to_owned()))?;
        self.change(|state| {
            let found = State { active, others, ..state.clone() };
            let differs = !state.is_as(&found);
            if differs {
                *state = found;
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
        let entries = self.with(|state| state.entries().cloned().collect::<Vec<_>>());
        directory::save(folder.as_ref(), &entries)
    }

    /// Returns the key that signs.
    #[must_use]
    pub fn active(&self) -> SigningKey {
        self.with(|state| state.active.key.clone())
    }

    /// Returns the key that signs a token which lives for so long: the key stays until that has ended.
    pub(crate) fn active_for(&self, lifetime: Duration) -> SigningKey {
        let mut state = self.lock();
        state.longest_token = state.longest_token.max(lifetime);
        state.active.key.clone()
    }

    /// Returns the stage of a key; nothing if the ring never had it.
    #[must_use]
    pub fn stage(&self, kid: &str) -> Option<KeyStage> {
        self.with(|state| state.find(kid).map(|entry| entry.stage))
    }

    /// Returns how long a key must still stay in its stage: before a standby key may be
    /// [promoted](Self::promote), or a retiring one [removed](Self::remove). Nothing if it need not.
    #[must_use]
    pub fn remaining(&self, kid: &str) -> Option<Duration> {
        self.with(|state| state.remaining(kid))
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
        self.change(|state| state.add_standby(key))?;
        Ok(kid)
    }

    /// Makes a standby key the active one; the active one retires.
    ///
    /// # Errors
    ///
    /// If there is no such key, or it is not standby. [`KeyError::TooEarly`] if it has not been
    /// published for [`Overlap::publish`] yet: a verifier could meet a token whose key it does not
    /// have.
    pub fn promote(&self, kid: &str) -> Result<(), KeyError> {
        self.change(|state| {
            state.check_published(kid)?;
            state.promote(kid)
        })
    }

    /// Makes a standby key the active one, however short it has been published: for when the active
    /// one leaked.
    ///
    /// Verifiers without the new key refuse its tokens until they have fetched it: with the next
    /// heartbeat where they follow the issuer, else for as long as they keep a key set.
    ///
    /// # Errors
    ///
    /// If there is no such key, or it is not standby.
    pub fn promote_now(&self, kid: &str) -> Result<(), KeyError> {
        self.change(|state| state.promote(kid))
    }

    /// Removes a key that is not active, when nothing that it signed is valid any more. A standby key
    /// has signed nothing, and can go at any time.
    ///
    /// # Errors
    ///
    /// If there is no such key, or it is the active one; promote another one first.
    /// [`KeyError::TooEarly`] if it has not been retiring for [`Overlap::retire`] yet: tokens that it
    /// signed would be refused before their time.
    pub fn remove(&self, kid: &str) -> Result<(), KeyError> {
        self.change(|state| {
            state.check_retired(kid)?;
            state.remove(kid)
        })
    }

    /// Removes a key that leaked: from now on nothing that it signed is valid.
    ///
    /// # Errors
    ///
    /// If there is no such key, or it is the active one; [promote another one](Self::promote_now)
    /// first.
    pub fn remove_now(&self, kid: &str) -> Result<(), KeyError> {
        self.change(|state| state.remove(kid))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.lock())
    }

    /// Applies a change to the ring and then to the set; a set that would be unfit undoes it.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let mut state = self.lock();
        let mut changed = state.clone();
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
