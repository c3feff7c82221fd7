use std::time::Duration;

/// When a failed event is tried again, and when it is parked.
///
/// The default is 10 attempts with pauses of 200 ms, doubling up to 60 s, each
/// shortened at random by up to a half.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    attempts: u32,
    first: Duration,
    longest: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::exponential(10, Duration::from_millis(200), Duration::from_secs(60))
    }
}

impl RetryPolicy {
    /// Tries up to `attempts` times, the pause doubling from `first` to `longest`.
    pub const fn exponential(attempts: u32, first: Duration, longest: Duration) -> Self {
        Self { attempts, first, longest }
    }

    /// Parks an event at its first failure.
    pub const fn never() -> Self {
        Self::exponential(1, Duration::ZERO, Duration::ZERO)
    }

    /// Returns the pause after the failed attempt `attempt` (from 1), or none if
    /// it was the last. `jitter` is between 0 and 1.
    pub(crate) fn pause(&self, attempt: u32, jitter: f64) -> Option<Duration> {
        (attempt < self.attempts).then(|| {
            let doublings = attempt.saturating_sub(1).min(31);
            let full = self.first.saturating_mul(1 << doublings).min(self.longest);
            full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
        })
    }
}

/// Returns a number from 0 to below 1 that differs between processes and calls.
///
/// It spreads retries, no more, so the random bits of a UUID are good enough.
pub(crate) fn jitter() -> f64 {
    let bits = u32::try_from(uuid::Uuid::new_v4().as_u128() >> 96).unwrap_or(0);
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_then_end() {
        let policy = RetryPolicy::exponential(5, Duration::from_secs(1), Duration::from_secs(3));
        let pauses: Vec<_> = (1..=5).map(|n| policy.pause(n, 0.0).map(|p| p.as_secs())).collect();
        assert_eq!(pauses, [Some(1), Some(2), Some(3), Some(3), None]);
    }

    #[test]
    fn jitter_shortens_by_a_half_at_most() {
        let policy = RetryPolicy::exponential(2, Duration::from_secs(2), Duration::from_secs(2));
        assert_eq!(policy.pause(1, 1.0), Some(Duration::from_secs(1)));
        assert!((0..1000).all(|_| (0.0..1.0).contains(&jitter())));
    }

    #[test]
    fn never_parks_at_once() {
        assert_eq!(RetryPolicy::never().pause(1, 0.0), None);
    }
}
