use std::fmt;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::token::Claims;

/// The id of a user or a session in 16 bytes: a UUID is itself, any other text is hashed.
///
/// A million of them have to fit into memory, in every instance of every service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub(super) struct Key(u128);

/// Whom a token is about, as the view looks for them. Read once a token, and kept with it in the
/// cache of verified tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub(super) user: Key,
    pub(super) session: Key,
    pub(super) epoch: i64,
}

impl Subject {
    pub(crate) fn of(claims: &Claims) -> Self {
        Self { user: Key::of(&claims.sub), session: Key::of(&claims.sid), epoch: claims.epo }
    }
}

impl Key {
    pub(super) fn of(id: &str) -> Self {
        if let Some(uuid) = uuid(id) {
            return Self(uuid);
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

/// Reads a UUID in the one form that it is written in: lower case, with hyphens. Other spellings of it
/// are other ids, as they are for everyone who compares text.
///
/// By hand, because eight digits at once are quicker.
fn uuid(text: &str) -> Option<u128> {
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    if [8, 13, 18, 23].iter().any(|&at| text[at] != b'-') {
        return None;
    }
    let four = |at: usize| {
        u64::from(u32::from_be_bytes([text[at], text[at + 1], text[at + 2], text[at + 3]]))
    };
    let eight = |first, second| hex(four(first) << 32 | four(second)).map(u128::from);
    Some(eight(0, 4)? << 96 | eight(9, 14)? << 64 | eight(19, 24)? << 32 | eight(28, 32)?)
}

/// Reads eight lower-case hexadecimal digits, the first of them in the highest byte.
const fn hex(digits: u64) -> Option<u32> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = EACH * 0x80;
    /// Sets the top bit of each byte that is above a limit; no byte has it set before.
    const fn above(bytes: u64, limit: u8) -> u64 {
        (bytes + EACH * (0x7f - limit as u64)) & TOP
    }
    if digits & TOP != 0 {
        return None;
    }
    let decimal = above(digits, b'0' - 1) & !above(digits, b'9');
    let letter = above(digits, b'a' - 1) & !above(digits, b'f');
    if decimal | letter != TOP {
        return None;
    }
    let ones = (digits & (EACH * 0x0f)) + (letter >> 7) * 9;
    let twos = (ones | ones >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos | twos >> 8) & 0x0000_ffff_0000_ffff;
    Some((fours | fours >> 16) as u32)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_uuid_is_read_as_the_library_does(id: u128) {
            prop_assert_eq!(uuid(&Uuid::from_u128(id).to_string()), Some(id));
        }

        #[test]
        fn one_character_that_is_wrong_makes_it_none(id: u128, at in 0_usize..36, byte in 0_u8..128) {
            let good = Uuid::from_u128(id).to_string();
            let mut changed = good.clone().into_bytes();
            changed[at] = byte;
            let changed = String::from_utf8(changed).expect("is ASCII");
            let canonical = Uuid::try_parse(&changed).ok().filter(|id| id.to_string() == changed);
            prop_assert_eq!(uuid(&changed), canonical.map(|id| id.as_u128()));
        }
    }

    #[test]
    fn other_spellings_are_other_ids() {
        let id = "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5";
        let spellings = [
            id.to_uppercase(),
            id.replace('-', ""),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            format!("{id} "),
            id.replace('f', "ƒ"),
        ];
        for other in spellings {
            assert_eq!(uuid(&other), None, "{other}");
            assert_ne!(Key::of(&other), Key::of(id), "{other}");
        }
        assert_eq!(Key::of(id).to_string(), id);
    }
}
