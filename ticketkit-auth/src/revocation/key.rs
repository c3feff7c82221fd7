use std::fmt;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a user or a session in 16 bytes: a UUID is itself, any other text is hashed.
///
/// A million of them have to fit into memory, in every instance of every service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub(super) struct Key(u128);

impl Key {
    pub(super) fn of(id: &str) -> Self {
        if let Some(uuid) = Uuid::try_parse(id).ok().filter(|uuid| is_canonical(uuid, id)) {
            return Self(uuid.as_u128());
        }
        let digest = digest::digest(&digest::SHA256, id.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        Self(u128::from_be_bytes(bytes))
    }
}

impl Key {
    /// Returns the part of a map that it is in. Its last bits are random in every version of UUID
    /// that ids are made with, and in a hash.
    pub(super) const fn shard(self, of: usize) -> usize {
        (self.0 as u64 as usize) % of
    }
}

/// Other spellings of one UUID are other ids, as they are for everyone who compares text.
fn is_canonical(uuid: &Uuid, id: &str) -> bool {
    uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == id
}

impl From<String> for Key {
    fn from(id: String) -> Self {
        Self::of(&id)
    }
}

/// Writing and reading gives the same key: it is written as a UUID.
impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.to_string()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_u128(self.0).fmt(f)
    }
}
