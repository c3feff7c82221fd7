use super::RemoteKeys;
use crate::feed::FeedStatus;

/// How a [`RemoteAuth`](super::RemoteAuth) is doing, for operators. A cheap, shared handle.
#[derive(Debug, Clone)]
pub struct RemoteStatus {
    pub(super) keys: RemoteKeys,
    pub(super) feed: FeedStatus,
}

impl RemoteStatus {
    /// Tells whether tokens can be judged, for a readiness check.
    ///
    /// # Errors
    ///
    /// What is wrong, for the log.
    pub fn check(&self) -> Result<(), String> {
        if self.keys.set().is_empty() {
            return Err("no keys of the issuer yet".to_owned());
        }
        self.feed.check()
    }

    /// Returns the status of the revocations.
    #[must_use]
    pub const fn feed(&self) -> &FeedStatus {
        &self.feed
    }

    /// Returns the keys.
    #[must_use]
    pub const fn keys(&self) -> &RemoteKeys {
        &self.keys
    }
}

#[cfg(feature = "chassis")]
impl RemoteStatus {
    /// Adds the readiness check `auth`, and the metrics of the
    /// [feed](FeedStatus::observe).
    pub fn observe(
        &self,
        health: &ticketkit_core::chassis::Health,
        metrics: &ticketkit_core::chassis::Metrics,
    ) {
        let status = self.clone();
        health.add("auth", move || {
            let result = status.check();
            async move { result }
        });
        self.feed.register(metrics);
    }
}
