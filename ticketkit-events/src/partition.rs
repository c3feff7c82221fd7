//! Which of several parts the events of a key belong to.

/// Returns the part, from 0: the same in every process and version, since events lie in it.
pub(crate) fn partition(key: &str, partitions: u8) -> u8 {
    // FNV-1a, and a last round of MurmurHash3: by themselves, its bits are not mixed well enough for
    // keys that differ in their last digits.
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    u8::try_from((hash >> 33) % u64::from(partitions.max(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_spread_over_the_partitions_and_stay_where_they_are() {
        let mut counts = [0; 8];
        for n in 0..8_000 {
            counts[usize::from(partition(&format!("order-{n}"), 8))] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
        // Another value would break the order of events that wait during an update.
        assert_eq!(["a", "order-1", "ключ"].map(|key| partition(key, 8)), [7, 4, 4]);
        assert_eq!(["a", "order-1", "ключ"].map(|key| partition(key, 16)), [15, 12, 12]);
        assert_eq!(partition("a", 1), 0);
    }
}
