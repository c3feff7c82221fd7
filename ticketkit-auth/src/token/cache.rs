use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::digest;

use super::Claims;

const SHARDS: usize = 16;

/// Tokens whose signature was found right, by their SHA-256.
///
/// Bounded without a clock: each shard has two generations; when the young one is full it becomes
/// the old one, and what nobody asked for since goes. Nothing of this tells that a token is still
/// valid: time, keys and revocations are looked at on every hit.
#[derive(Debug)]
pub(super) struct Cache {
    shards: Vec<Mutex<Shard>>,
    /// Entries of one generation of one shard.
    capacity: usize,
}

pub(super) type Digest = [u8; 32];

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) claims: Arc<Claims>,
    pub(super) nbf: Option<i64>,
    /// The generation of the key set that it was verified under.
    pub(super) keys: u64,
}

#[derive(Debug, Default)]
struct Shard {
    young: HashMap<Digest, Entry>,
    old: HashMap<Digest, Entry>,
}

impl Cache {
    /// Makes a cache of about so many tokens; with 0 it keeps nothing.
    pub(super) fn new(tokens: usize) -> Self {
        Self::with_capacity(tokens.div_ceil(2 * SHARDS))
    }

    /// Makes an empty one of the same size.
    pub(super) fn emptied(&self) -> Self {
        Self::with_capacity(self.capacity)
    }

    fn with_capacity(capacity: usize) -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), capacity }
    }

    pub(super) fn digest(token: &str) -> Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        bytes
    }

    pub(super) fn find(&self, digest: &Digest) -> Option<Entry> {
        let mut shard = self.shard(digest);
        if let Some(entry) = shard.young.get(digest) {
            return Some(entry.clone());
        }
        let entry = shard.old.remove(digest)?;
        shard.insert(*digest, entry.clone(), self.capacity);
        Some(entry)
    }

    pub(super) fn insert(&self, digest: Digest, entry: Entry) {
        if self.capacity > 0 {
            self.shard(&digest).insert(digest, entry, self.capacity);
        }
    }

    fn shard(&self, digest: &Digest) -> std::sync::MutexGuard<'_, Shard> {
        let shard = &self.shards[usize::from(digest[0]) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let lock = |shard: &Mutex<Shard>| {
            let shard = shard.lock().expect("no test panics with the lock");
            shard.young.len() + shard.old.len()
        };
        self.shards.iter().map(lock).sum()
    }
}

impl Shard {
    fn insert(&mut self, digest: Digest, entry: Entry, capacity: usize) {
        if self.young.len() >= capacity {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(digest, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::payload;

    fn entry() -> Entry {
        let json = br#"{"iss":"i","aud":"a","sub":"s","sid":"s","jti":"j","iat":1,"exp":2,"epo":0,"roles":[],"email":""}"#;
        let payload = payload::parse(json).expect("the claims are right");
        Entry { claims: Arc::new(payload.claims), nbf: None, keys: 0 }
    }

    #[test]
    fn stays_within_its_bound_and_keeps_what_is_used() {
        let cache = Cache::new(320);
        let kept = Cache::digest("kept");
        cache.insert(kept, entry());
        for i in 0..10_000 {
            cache.insert(Cache::digest(&i.to_string()), entry());
            assert!(cache.find(&kept).is_some(), "lost after {i} others");
        }
        assert!(cache.len() <= 320, "{} entries", cache.len());
    }

    #[test]
    fn keeps_nothing_when_it_is_off() {
        let cache = Cache::new(0);
        cache.insert(Cache::digest("a"), entry());
        assert!(cache.find(&Cache::digest("a")).is_none());
    }
}
