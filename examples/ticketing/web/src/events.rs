//! What administrators look into: the event engine, by the API of `ticketkit_events`.

use ticketkit_events::{Bus, Clock};

/// The event engine of the deployment, for the page of parked events.
#[derive(Debug, Clone)]
pub struct Events {
    pub(crate) bus: Bus,
    pub(crate) clock: Clock,
    /// See [`Self::with_subscriptions`].
    pub(crate) elsewhere: Vec<String>,
}

impl Events {
    /// Takes the bus of the process; the clock tells how long events have waited.
    #[must_use]
    pub fn new(bus: Bus, clock: Clock) -> Self {
        Self { bus, clock, elsewhere: Vec::new() }
    }

    /// Names subscriptions that other processes may run. RabbitMQ lists to a process its own alone,
    /// but finds what any of them has parked by its name.
    #[must_use]
    pub fn with_subscriptions<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.elsewhere.extend(names.into_iter().map(Into::into));
        self
    }
}
