//! What a ring holds, and the rules of its stages.

use std::time::Duration;

use super::{KeyError, KeyStage, Overlap, SigningKey, VerifyingKey};
use crate::Clock;

/// A key with its stage.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: SigningKey,
    pub(super) stage: KeyStage,
    /// When it entered the stage, in milliseconds since 1970: by the time of day, since another
    /// process goes on with it.
    pub(super) since: i64,
}

#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) active: Entry,
    /// In no stage that signs.
    pub(super) others: Vec<Entry>,
    pub(super) overlap: Overlap,
    /// The longest life of a token that this ring has signed.
    pub(super) longest_token: Duration,
    pub(super) clock: Clock,
}

impl Entry {
    /// Tells whether the key and its stage are as in another entry.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.key.kid() == other.key.kid() && (self.stage, self.since) == (other.stage, other.since)
    }
}

impl State {
    pub(super) fn new(active: Entry, others: Vec<Entry>) -> Self {
        let (overlap, clock) = (Overlap::DEFAULT, Clock::system());
        Self { active, others, overlap, longest_token: Duration::ZERO, clock }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        [&self.active].into_iter().chain(&self.others)
    }

    pub(super) fn find(&self, kid: &str) -> Option<&Entry> {
        self.entries().find(|entry| entry.key.kid() == kid)
    }

    pub(super) fn published(&self) -> Vec<VerifyingKey> {
        self.entries()
            .filter(|entry| entry.stage != KeyStage::Removed)
            .map(|entry| entry.key.verifying_key().clone())
            .collect()
    }

    /// Tells whether the other state has the same keys in the same stages.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let kept = |state: &Self| {
            let entries = state.entries().filter(|entry| entry.stage != KeyStage::Removed);
            entries.cloned().collect::<Vec<_>>()
        };
        let (own, others) = (kept(self), kept(other));
        own.len() == others.len() && own.iter().all(|own| others.iter().any(|other| own.is(other)))
    }

    /// Returns how long a key must stay in its stage still; nothing where it need not, or there is
    /// no such key.
    pub(super) fn remaining(&self, kid: &str) -> Option<Duration> {
        let entry = self.find(kid)?;
        let overlap = self.overlap.outlasting(self.longest_token);
        let stays = match entry.stage {
            KeyStage::Standby => overlap.publish,
            KeyStage::Retiring => overlap.retire,
            KeyStage::Active | KeyStage::Removed => return None,
        };
        // Where the time of day was set back, the key stays for longer.
        let stays = i64::try_from(stays.as_millis()).unwrap_or(i64::MAX);
        let until = entry.since.saturating_add(stays);
        let remaining = until.saturating_sub(self.clock.unix_millis());
        u64::try_from(remaining).ok().filter(|&millis| millis > 0).map(Duration::from_millis)
    }

    pub(super) fn add_standby(&mut self, key: SigningKey) -> Result<(), KeyError> {
        // A removed key does not come back either: it was removed for a reason.
        if self.find(key.kid()).is_some() {
            return Err(KeyError::Duplicate(key.kid().to_owned()));
        }
        let since = self.clock.unix_millis();
        self.others.push(Entry { key, stage: KeyStage::Standby, since });
        Ok(())
    }

    /// Refuses where a verifier could still be without the key.
    pub(super) fn check_published(&self, kid: &str) -> Result<(), KeyError> {
        self.check_stayed(kid, KeyStage::Standby, KeyStage::Active)
    }

    /// Refuses where a token that the key signed could still be valid.
    pub(super) fn check_retired(&self, kid: &str) -> Result<(), KeyError> {
        self.check_stayed(kid, KeyStage::Retiring, KeyStage::Removed)
    }

    fn check_stayed(&self, kid: &str, stage: KeyStage, wanted: KeyStage) -> Result<(), KeyError> {
        match self.remaining(kid) {
            Some(wait) if self.find(kid).is_some_and(|entry| entry.stage == stage) => {
                Err(KeyError::TooEarly { kid: kid.to_owned(), wanted, wait })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn promote(&mut self, kid: &str) -> Result<(), KeyError> {
        let at = self.position(kid, KeyStage::Active)?;
        let stage = self.others[at].stage;
        if stage != KeyStage::Standby {
            return Err(stage_error(kid, stage, KeyStage::Active));
        }
        let since = self.clock.unix_millis();
        std::mem::swap(&mut self.others[at], &mut self.active);
        (self.active.stage, self.active.since) = (KeyStage::Active, since);
        (self.others[at].stage, self.others[at].since) = (KeyStage::Retiring, since);
        Ok(())
    }

    pub(super) fn remove(&mut self, kid: &str) -> Result<(), KeyError> {
        let at = self.position(kid, KeyStage::Removed)?;
        self.others[at].stage = KeyStage::Removed;
        self.others[at].since = self.clock.unix_millis();
        Ok(())
    }

    fn position(&self, kid: &str, wanted: KeyStage) -> Result<usize, KeyError> {
        if self.active.key.kid() == kid {
            return Err(stage_error(kid, KeyStage::Active, wanted));
        }
        self.others
            .iter()
            .position(|entry| entry.key.kid() == kid)
            .ok_or_else(|| KeyError::Unknown(kid.to_owned()))
    }
}

fn stage_error(kid: &str, stage: KeyStage, wanted: KeyStage) -> KeyError {
    KeyError::Stage { kid: kid.to_owned(), stage, wanted }
}
