//! The clock that delays, leases, retries and schedules go by.

use std::time::Duration;

use tokio::sync::watch;

use crate::Timestamp;

/// Tells the time; the system's, or one that a test moves.
///
/// ```
/// use std::time::Duration;
/// use ticketkit_events::{Clock, Timestamp};
///
/// let clock = Clock::manual(Timestamp::EPOCH);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().as_millis(), 60_000);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock {
    manual: Option<watch::Sender<Timestamp>>,
}

impl Clock {
    /// Returns the clock of the system.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Returns a clock that stands at `start` until it is moved.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self { manual: Some(watch::Sender::new(start)) }
    }

    /// Returns the present time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.manual.as_ref().map_or_else(Timestamp::now, |time| *time.borrow())
    }

    /// Moves a manual clock, and all its clones, forward.
    ///
    /// # Panics
    ///
    /// If this is the clock of the system, which nobody moves.
    pub fn advance(&self, by: Duration) {
        let Some(time) = &self.manual else {
            panic!("the clock of the system cannot be moved");
        };
        time.send_modify(|now| *now = *now + by);
    }

    /// Waits until it is `at` or later.
    pub async fn sleep_until(&self, at: Timestamp) {
        match &self.manual {
            Some(time) => {
                // The sender is in `self`, so the channel cannot be closed here.
                let _ = time.subscribe().wait_for(|now| *now >= at).await;
            }
            None => {
                // Timers may fire a fraction of a millisecond early by this clock.
                while self.now() < at {
                    let left = at.since(self.now()).min(Duration::from_secs(3600));
                    tokio::time::sleep(left + Duration::from_millis(1)).await;
                }
            }
        }
    }
}
