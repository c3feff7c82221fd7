use std::time::Duration;

/// What a RabbitMQ engine calls its things, and how long they stay.
///
/// | setting | default |
/// |---|---|
/// | [`prefix`](Self::prefix) | `ticketkit` |
/// | [`vanishing`](Self::vanishing) | queues stay |
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RabbitMqOptions {
    pub(super) prefix: String,
    pub(super) vanishing: Option<Duration>,
}

impl Default for RabbitMqOptions {
    fn default() -> Self {
        Self { prefix: "ticketkit".to_owned(), vanishing: None }
    }
}

impl RabbitMqOptions {
    /// Begins the names of all exchanges and queues with `prefix` and a dot, so
    /// that several systems share a virtual host.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Lets a queue that nobody used for this long vanish **with what is in it**,
    /// and exchanges with their last queue: for tests on a broker that is shared.
    pub fn vanishing(mut self, after: Duration) -> Self {
        self.vanishing = Some(after);
        self
    }
}
