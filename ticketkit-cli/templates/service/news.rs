//! What the service tells the others: one method an event.
//!
//! Each is called in the transaction that changes what it tells of: what commits is told, and what
//! rolls back never happened.

use {{ project.snake }}_contracts::«|{% for event in service.events %}¦{{ event.pascal }}{% endfor %}»;
use ticketkit_events::{Clock, EventId, PublishError, Publisher, sql::Tx};

/// Tells the events of {{ service.name }}.
#[derive(Debug, Clone)]
pub struct News {
    publisher: Publisher,
}

impl News {
    /// Makes it, with the clock that events go by.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { publisher: Publisher::new("{{ service.name }}").with_clock(clock) }
    }
{% for event in service.events %}

    /// Tells `{{ event.subject }}` when the transaction commits; returns the id of the event.
    ///
    /// # Errors
    ///
    /// If it cannot be written down; then nothing of the transaction must be committed.
    pub async fn {{ event.snake }}(«&self¦tx: &mut Tx¦event: &{{ event.pascal }}») -> Result<EventId, PublishError> {
        self.publisher.publish(tx, event).await
    }
{% endfor %}
}
