//! The time, from a source that tests can move.
//!
//! Everything in this crate that depends on time takes a [`Clock`]. A service passes
//! [`Clock::system`]; a test makes a [`ManualClock`] and moves it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// So that what happened before the process began has a moment too.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// Tells the time of day and the time that has passed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System { start: Instant },
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System { start: Instant::now() })
    }

    /// Returns the milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn unix_millis(&self) -> i64 {
        match &self.0 {
            Source::System { .. } => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |passed| i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)),
            Source::Manual(millis) => millis.load(Ordering::SeqCst),
        }
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
        match &self.0 {
            Source::System { start } => A_DAY + start.elapsed(),
            Source::Manual(millis) => {
                Duration::from_millis(millis.load(Ordering::SeqCst).try_into().unwrap_or(0))
            }
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

/// A clock that stands still until a test moves it.
///
/// ```
/// use std::time::Duration;
/// use ticketkit_auth::ManualClock;
///
/// let manual = ManualClock::default();
/// let clock = manual.clock();
/// let before = clock.unix_seconds();
/// manual.advance(Duration::from_secs(300));
/// assert_eq!(clock.unix_seconds(), before + 300);
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Makes a clock that shows the given milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn at_unix_millis(millis: i64) -> Self {
        Self(Arc::new(AtomicI64::new(millis)))
    }

    /// Returns the clock to hand to what is tested; it follows this one.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(Arc::clone(&self.0)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// A clock in the autumn of 2026.
    fn default() -> Self {
        Self::at_unix_millis(1_790_000_000_000)
    }
}
