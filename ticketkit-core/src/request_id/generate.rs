use std::{
    cell::Cell,
    time::{SystemTime, UNIX_EPOCH},
};

use uuid::{Builder, Uuid};

thread_local! {
    /// The state of this thread's generator; none until the first id.
    static STATE: Cell<Option<[u64; 2]>> = const { Cell::new(None) };
}

/// Makes a UUID of version 7.
///
/// The system's randomness costs a call of the kernel each time, as long as all the rest of the
/// layer together. It seeds a generator per thread instead: ids must not collide, and are no
/// secrets.
pub(super) fn fresh() -> Uuid {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = since.as_secs() * 1000 + u64::from(since.subsec_millis());
    let (high, low) = STATE.with(|state| {
        let seeded = state.get().unwrap_or_else(seed);
        let (next, bits) = step(seeded);
        state.set(Some(next));
        bits
    });
    let mut random = [0; 10];
    random[..8].copy_from_slice(&high.to_le_bytes());
    random[8..].copy_from_slice(&low.to_le_bytes()[..2]);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn seed() -> [u64; 2] {
    // Two of them, because six bits of a random UUID are fixed.
    let (a, b) = (Uuid::new_v4().as_u128(), Uuid::new_v4().as_u128());
    let bytes = (a ^ b.rotate_left(64)).to_le_bytes();
    let half = |at: usize| {
        let mut part = [0; 8];
        part.copy_from_slice(&bytes[at..at + 8]);
        u64::from_le_bytes(part)
    };
    // The state must not be zero altogether.
    [half(0) | 1, half(8)]
}

/// xoroshiro128++ 1.0 of Blackman and Vigna (public domain), one step for each half.
fn step(state: [u64; 2]) -> ([u64; 2], (u64, u64)) {
    let once = |[s0, mut s1]: [u64; 2]| {
        let out = s0.wrapping_add(s1).rotate_left(17).wrapping_add(s0);
        s1 ^= s0;
        ([s0.rotate_left(49) ^ s1 ^ (s1 << 21), s1.rotate_left(28)], out)
    };
    let (state, high) = once(state);
    let (state, low) = once(state);
    (state, (high, low))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_within_and_between_threads_and_are_version_7() {
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| (0..5000).map(|_| fresh()).collect::<Vec<_>>()))
            .collect();
        let ids: Vec<_> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.iter().all(|id| id.get_variant() == uuid::Variant::RFC4122));
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 20_000);
    }

    #[test]
    fn ids_follow_the_clock() {
        let first = fresh();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(first < fresh());
    }
}
