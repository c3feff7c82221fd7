use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher as _, BuildHasherDefault, Hasher},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use foldhash::quality::RandomState;

use super::Claims;
use crate::revocation::Subject;

const SHARDS: usize = 16;

/// Tokens whose signature was found right.
///
/// They are found by a hash that is seeded in each process, and compared whole. A hash that needs no
/// comparison, such as SHA-256, takes ten times as long for a token. The comparison tells a stranger
/// nothing by its time: only a token with the same 64 bits of a hash that nobody sees gets to it.
///
/// Bounded without a clock: each shard has two generations; when the young one is full it becomes
/// the old one, and what nobody asked for since goes. Nothing of this tells that a token is still
/// valid: time, keys and revocations are looked at on every hit.
pub(super) struct Cache {
    shards: Vec<Mutex<Shard>>,
    /// Entries of one generation of one shard.
    capacity: usize,
    seeded: RandomState,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) claims: Arc<Claims>,
    /// Of the claims.
    pub(crate) subject: Subject,
    pub(super) nbf: Option<i64>,
    /// The generation of the key set that it was verified under.
    pub(super) keys: u64,
}

#[derive(Default)]
struct Shard {
    young: Generation,
    old: Generation,
}

type Generation = HashMap<u64, Known, BuildHasherDefault<AsItIs>>;

/// No debug output: a token is as good as a password until it ends.
#[derive(Clone)]
struct Known {
    token: Box<[u8]>,
    entry: Entry,
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
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, capacity, seeded: RandomState::default() }
    }

    pub(super) fn find(&self, token: &[u8]) -> Option<Entry> {
        let hash = self.hash(token);
        self.shard(hash).find(hash, token, self.capacity)
    }

    pub(super) fn insert(&self, token: &[u8], entry: Entry) {
        if self.capacity > 0 {
            let hash = self.hash(token);
            self.shard(hash).insert(hash, Known { token: token.into(), entry }, self.capacity);
        }
    }

    fn hash(&self, token: &[u8]) -> u64 {
        self.seeded.hash_one(token)
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // Bits that the maps inside do not go by: they take the lowest and the highest ones.
        let shard = &self.shards[(hash >> 40) as usize % SHARDS];
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

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl Shard {
    fn find(&mut self, hash: u64, token: &[u8], capacity: usize) -> Option<Entry> {
        if let Some(known) = self.young.get(&hash) {
            return (*known.token == *token).then(|| known.entry.clone());
        }
        let known = self.old.remove(&hash).filter(|known| *known.token == *token)?;
        let entry = known.entry.clone();
        self.insert(hash, known, capacity);
        Some(entry)
    }

    fn insert(&mut self, hash: u64, known: Known, capacity: usize) {
        if self.young.len() >= capacity {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(hash, known);
    }
}

/// The hash of what is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::payload;

    fn entry() -> Entry {
        let json = br#"{"iss":"i","aud":"a","sub":"s","sid":"s","jti":"j","iat":1,"exp":2,"epo":0,"roles":[],"email":""}"#;
        let payload = payload::parse(json).expect("the claims are right");
        let subject = Subject::of(&payload.claims);
        Entry { claims: Arc::new(payload.claims), subject, nbf: None, keys: 0 }
    }

    #[test]
    fn stays_within_its_bound_and_keeps_what_is_used() {
        let cache = Cache::new(320);
        cache.insert(b"kept", entry());
        for i in 0..10_000 {
            cache.insert(i.to_string().as_bytes(), entry());
            assert!(cache.find(b"kept").is_some(), "lost after {i} others");
        }
        assert!(cache.len() <= 320, "{} entries", cache.len());
    }

    #[test]
    fn keeps_nothing_when_it_is_off() {
        let cache = Cache::new(0);
        cache.insert(b"a", entry());
        assert!(cache.find(b"a").is_none());
    }

    #[test]
    fn a_token_with_the_hash_of_another_is_another() {
        let known = || Known { token: (*b"mine").into(), entry: entry() };
        let mut shard = Shard::default();
        shard.young.insert(7, known());
        assert!(shard.find(7, b"another", 10).is_none());
        assert!(shard.find(7, b"mine", 10).is_some());
        let mut shard = Shard::default();
        shard.old.insert(7, known());
        assert!(shard.find(7, b"another", 10).is_none());
    }

    #[test]
    fn l2_debug_output_has_no_tokens() {
        let cache = Cache::new(320);
        cache.insert(b"canary", entry());
        assert!(!format!("{cache:?}").contains("canary"));
    }
}
