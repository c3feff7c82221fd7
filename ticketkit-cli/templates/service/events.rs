//! What the service hears, and what follows.
//!
//! A handler, its effects and the events that it tells commit together, with the inbox row that says
//! "seen": so a second delivery does nothing. What fails is tried again, later each time, and parked
//! after the last attempt.

{% for handler in service.handlers %}
mod {{ handler.snake }};
{% endfor %}

use std::time::Duration;

use ticketkit_events::{
    Bus, RetryPolicy, Subscription, engine::EngineError, sql::Database, subscription::Runner,
};
{% if service.resources or service.events %}

use crate::app::App;
{% endif %}

/// How often an event is tried before it is parked.
const ATTEMPTS: u32 = 10;
/// The pause before the second attempt; the pauses double from there.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Declares the subscription of the service.
pub(crate) async fn bind(«{% if service.resources or service.events %}app: App¦{% endif %}database: &Database¦bus: &Bus») -> Result<Runner, EngineError> {
    Subscription::new("{{ service.name }}")
{% if service.resources or service.events %}
        .with_state(app)
{% endif %}
        .database(database)
{% for handler in service.handlers %}
        .handle({{ handler.snake }}::handle)
{% endfor %}
        .retry(RetryPolicy::exponential(ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE))
        .ordered()
        .bind(bus)
        .await
}
