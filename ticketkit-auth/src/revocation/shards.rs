use std::collections::{HashMap, hash_map::Entry};

use foldhash::fast::RandomState;

use super::key::Key;

/// A table grows by doubling, and is then half empty. Of this many small ones a million users fill
/// each to three quarters: 64 MB, where one table takes 103 MB.
const SHARDS: usize = 20;

/// A map by key whose parts grow one by one.
///
/// Its hash is seeded in each process. It need not stand against anyone who chooses keys: these are
/// ids that the issuer gave, and what is no UUID is a part of a SHA-256.
#[derive(Debug)]
pub(super) struct Shards<V>([HashMap<Key, V, RandomState>; SHARDS]);

impl<V> Default for Shards<V> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| HashMap::default()))
    }
}

impl<V> Shards<V> {
    pub(super) fn get(&self, key: &Key) -> Option<&V> {
        self.0[key.shard(SHARDS)].get(key)
    }

    pub(super) fn entry(&mut self, key: Key) -> Entry<'_, Key, V> {
        self.0[key.shard(SHARDS)].entry(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &V)> {
        self.0.iter().flatten()
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(HashMap::len).sum()
    }

    /// Keeps what a condition says, and gives back room where most of it went.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        for shard in &mut self.0 {
            shard.retain(|_, value| keep(value));
            if shard.capacity() > 1024 && shard.len() < shard.capacity() / 4 {
                shard.shrink_to(shard.len() * 2);
            }
        }
    }
}
