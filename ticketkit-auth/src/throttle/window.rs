use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// The failures of each key inside the last `length` milliseconds.
#[derive(Debug)]
pub(super) struct Windows<K> {
    limit: usize,
    length: i64,
    capacity: usize,
    failures: HashMap<K, VecDeque<i64>>,
}

impl<K: Copy + Eq + Hash> Windows<K> {
    pub(super) fn new(limit: usize, length: i64, capacity: usize) -> Self {
        Self { limit, length, capacity, failures: HashMap::new() }
    }

    /// Returns after how many milliseconds the key may try again; nothing if it may now.
    pub(super) fn blocked_for(&self, key: K, now: i64) -> Option<i64> {
        let times = self.failures.get(&key)?;
        // The failure that has to leave the window before there are fewer than the limit.
        let at = times.len().checked_sub(self.limit)?;
        let wait = times.get(at)?.saturating_add(self.length).saturating_sub(now);
        (wait > 0).then_some(wait)
    }

    pub(super) fn record(&mut self, key: K, now: i64) {
        if !self.failures.contains_key(&key) && self.failures.len() >= self.capacity {
            self.make_room(now);
        }
        let times = self.failures.entry(key).or_default();
        times.push_back(now);
        // More than the limit are never asked for.
        if times.len() > self.limit {
            times.pop_front();
        }
    }

    /// Drops what left the window, and the older half if that is not enough.
    fn make_room(&mut self, now: i64) {
        let begin = now.saturating_sub(self.length);
        self.failures.retain(|_, times| times.back().is_some_and(|&last| last > begin));
        if self.failures.len() >= self.capacity {
            let mut last: Vec<i64> =
                self.failures.values().filter_map(|times| times.back().copied()).collect();
            let middle = last.len() / 2;
            let (_, &mut median, _) = last.select_nth_unstable(middle);
            self.failures.retain(|_, times| times.back().is_some_and(|&time| time > median));
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.failures.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Windows;

    #[test]
    fn the_limit_holds_inside_the_window_and_ends_with_it() {
        let mut windows = Windows::new(3, 1000, 10);
        for now in [0, 100, 200] {
            assert_eq!(windows.blocked_for("a", now), None);
            windows.record("a", now);
        }
        assert_eq!(windows.blocked_for("a", 300), Some(700));
        assert_eq!(windows.blocked_for("b", 300), None);
        assert_eq!(windows.blocked_for("a", 1000), None);
        windows.record("a", 1000);
        assert_eq!(windows.blocked_for("a", 1000), Some(100));
    }

    #[test]
    fn memory_is_bounded() {
        let mut windows = Windows::new(3, 1_000_000, 100);
        for key in 0..10_000_i64 {
            windows.record(key, key);
            assert!(windows.len() <= 100);
        }
        windows.record(9_999, 10_000);
        windows.record(9_999, 10_000);
        assert!(windows.blocked_for(9_999, 10_000).is_some(), "the newest is kept");
    }
}
