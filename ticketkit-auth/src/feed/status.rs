use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::RevocationView;

/// How a [`Feed`](super::Feed) is doing, for operators. A cheap, shared handle.
#[derive(Debug, Clone)]
pub struct FeedStatus {
    pub(super) view: RevocationView,
    pub(super) counts: Arc<Counts>,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) events: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) snapshots: AtomicU64,
    pub(super) failures: AtomicU64,
}

impl Counts {
    pub(super) fn add(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl FeedStatus {
    /// Returns how old the news in the view is; nothing before there was any.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.view.age()
    }

    /// Returns how many users and sessions the view keeps.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.view.len()
    }

    /// Returns how many events were taken in, heartbeats among them.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.counts.events.load(Ordering::Relaxed)
    }

    /// Returns how many events were refused, since their proof is none.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.counts.refused.load(Ordering::Relaxed)
    }

    /// Returns how many snapshots were loaded: one at the start, and one for each gap.
    #[must_use]
    pub fn snapshots(&self) -> u64 {
        self.counts.snapshots.load(Ordering::Relaxed)
    }

    /// Returns how often a snapshot could not be loaded.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.counts.failures.load(Ordering::Relaxed)
    }

    /// Tells whether the view can be relied on, for a readiness check.
    ///
    /// # Errors
    ///
    /// What is wrong, for the log.
    pub fn check(&self) -> Result<(), String> {
        match self.age() {
            None => Err("no snapshot of the revocations yet".to_owned()),
            Some(age) if self.view.is_stale() => {
                Err(format!("no news of revocations for {} ms", age.as_millis()))
            }
            Some(_) => Ok(()),
        }
    }
}
