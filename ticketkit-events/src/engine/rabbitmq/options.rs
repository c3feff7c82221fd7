use std::time::Duration;

/// What a RabbitMQ engine calls its things, and how long they stay.
///
/// | setting | default |
/// |---|---|
/// | [`prefix`](Self::prefix) | `ticketkit` |
/// | [`partitions`](Self::partitions) | 4 |
/// | [`vanishing`](Self::vanishing) | queues stay |
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RabbitMqOptions {
    pub(super) prefix: String,
    pub(super) partitions: u8,
    pub(super) vanishing: Option<Duration>,
}

impl Default for RabbitMqOptions {
    fn default() -> Self {
        Self { prefix: "ticketkit".to_owned(), partitions: 4, vanishing: None }
    }
}

impl RabbitMqOptions {
    /// Begins the names of all exchanges and queues with `prefix` and a dot, so
    /// that several systems share a virtual host.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Spreads the events of an ordered subscription over this many queues, by a hash of the key: as
    /// many instances can handle them at the same time. From 1 to 64.
    ///
    /// It must be the same in all processes. Where it changes, events of a key that are queued by
    /// then may be handled at the same time as later ones.
    pub fn partitions(mut self, count: u8) -> Self {
        self.partitions = count.clamp(1, 64);
        self
    }

    /// Lets a queue that nobody used for this long vanish **with what is in it**,
    /// and exchanges with their last queue: for tests on a broker that is shared.
    pub fn vanishing(mut self, after: Duration) -> Self {
        self.vanishing = Some(after);
        self
    }
}
