//! The time, from a source that tests can move.
//!
//! Whatever depends on time takes a [`Clock`]: a service passes [`Clock::system`], a test keeps a
//! [`ManualClock`] and passes what it shows. Points in time are [`Timestamp`]s, ages are measured by
//! [`Clock::monotonic`], and waiting for a time (`Clock::sleep_until`, feature `timer`) is by the
//! same clock, so that a test that moves it waits for nothing.
//!
//! ```
//! use std::time::Duration;
//! use ticketkit_core::clock::{Clock, ManualClock, Timestamp};
//!
//! fn is_over(deadline: Timestamp, clock: &Clock) -> bool {
//!     clock.now() >= deadline
//! }
//!
//! let time = ManualClock::default();
//! let (clock, deadline) = (time.clock(), time.now() + Duration::from_secs(900));
//! assert!(!is_over(deadline, &clock));
//! time.advance(Duration::from_secs(900));
//! assert!(is_over(deadline, &clock));
//! ```

mod manual;
mod timestamp;

use std::time::{Duration, Instant};

pub use manual::{ManualClock, Reached};
pub use timestamp::{ParseTimestampError, Timestamp};

/// So that what happened before the process began has a moment too.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// Tells the time of day and the time that has passed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System { start: Instant },
    Manual(ManualClock),
}

impl Clock {
    /// Returns the clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System { start: Instant::now() })
    }

    /// Returns a clock that stands at `start` until it is moved, by [`advance`](Self::advance).
    ///
    /// Where a test can keep a [`ManualClock`], that says more.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        ManualClock::at(start).clock()
    }

    /// Returns the present time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => Timestamp::now(),
            Source::Manual(manual) => manual.now(),
        }
    }

    /// Returns the milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn unix_millis(&self) -> i64 {
        self.now().as_millis()
    }

    /// Returns the whole seconds since 1970-01-01 UTC, as tokens carry them.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.unix_millis().div_euclid(1000)
    }

    /// Returns the time since some fixed moment more than a day ago; it never runs backwards.
    ///
    /// Ages are measured with it, so that a corrected wall clock does not make old news look new.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        A_DAY
            + match &self.0 {
                Source::System { start } => start.elapsed(),
                Source::Manual(manual) => manual.elapsed(),
            }
    }

    /// Moves a manual clock, and all its clones, forward.
    ///
    /// # Panics
    ///
    /// If this is the clock of the system, which nobody moves.
    pub fn advance(&self, by: Duration) {
        let Source::Manual(manual) = &self.0 else {
            panic!("the clock of the system cannot be moved");
        };
        manual.advance(by);
    }

    /// Waits until it is `at` or later by this clock. Dropping the future has no effect.
    ///
    /// The clock of the system needs a tokio runtime with time enabled, a manual one none.
    #[cfg(feature = "timer")]
    pub async fn sleep_until(&self, at: Timestamp) {
        /// So that a wall clock that is set forward meanwhile is noticed.
        const AT_MOST: Duration = Duration::from_secs(3600);
        match &self.0 {
            Source::Manual(manual) => manual.reached(at).await,
            Source::System { .. } => {
                // Timers may fire a fraction of a millisecond early by this clock.
                while self.now() < at {
                    let left = at.since(self.now()).min(AT_MOST);
                    tokio::time::sleep(left + Duration::from_millis(1)).await;
                }
            }
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_the_system_goes_on() {
        let clock = Clock::default();
        let (before, passed) = (clock.now(), clock.monotonic());
        assert!(passed >= A_DAY);
        assert!(clock.now() >= before && clock.monotonic() >= passed);
        assert_eq!(clock.unix_seconds(), clock.unix_millis().div_euclid(1000));
    }

    #[test]
    fn all_clones_of_a_manual_clock_are_moved_together() {
        let clock = Clock::manual(Timestamp::EPOCH);
        let clone = clock.clone();
        clock.advance(Duration::from_millis(1500));
        assert_eq!((clone.unix_millis(), clone.unix_seconds()), (1500, 1));
        assert_eq!(clone.monotonic(), A_DAY + Duration::from_millis(1500));
    }
}
