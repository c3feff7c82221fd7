use crate::Timestamp;

/// The figures of a subscription at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionStats {
    /// The name of the subscription.
    pub name: String,
    /// Events that are neither done nor parked, those in flight included.
    pub pending: u64,
    /// Events that are claimed by a consumer.
    pub in_flight: u64,
    /// Events that failed at least once and will be tried again.
    pub retrying: u64,
    /// Events that are parked.
    pub parked: u64,
    /// When the oldest pending event was published; its age is the lag.
    pub oldest: Option<Timestamp>,
    /// How many instances consume it, as far as is known; none where the engine cannot tell.
    pub consumers: Option<u64>,
}

impl SubscriptionStats {
    /// Returns whether it is known that nobody consumes it: what is pending stays so.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.consumers == Some(0)
    }

    /// Returns how many pending events no consumer has yet.
    #[must_use]
    pub const fn ready(&self) -> u64 {
        self.pending.saturating_sub(self.in_flight)
    }
}

/// The figures of the connections to a broker at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionStats {
    /// How often a connection was lost and made again, since the engine was opened.
    pub reconnects: u64,
    /// Events that are on their way to the broker and not confirmed.
    pub unconfirmed: u64,
    /// Whether the broker takes no events for now, being short of memory or disk.
    pub blocked: bool,
}
