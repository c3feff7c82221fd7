//! Random numbers that a seed fixes: splitmix64, which is small and good enough for choices.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
pub(super) struct Dice(AtomicU64);

impl Dice {
    pub(super) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a: another name is another sequence.
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let start = name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, mix);
        Self(AtomicU64::new(start))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut value = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// Returns true with this likelihood.
    pub(super) fn roll(&self, likelihood: f64) -> bool {
        // The upper 32 bits: a whole number of them is exact as a float.
        let upper = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(upper) < likelihood * (f64::from(u32::MAX) + 1.0)
    }

    /// Returns a number from `low` to below `high`, or `low` if there is none.
    pub(super) fn between(&self, low: u64, high: u64) -> u64 {
        low + self.next().checked_rem(high.saturating_sub(low)).unwrap_or(0)
    }
}
