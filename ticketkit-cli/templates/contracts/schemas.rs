use ticketkit_events::schema::Schemas;

use crate::«|{% for event in project.events %}¦{{ event.pascal }}{% endfor %}»;

/// The forms of all events, each version of each.
///
/// `events.lock.json` has them as they were agreed on: a change that older readers do not understand
/// is a new version, and a test says so.
#[must_use]
pub fn schemas() -> Schemas {
    Schemas::new()
        // One line for each event, sorted.
{% for event in project.events %}
        .with::<{{ event.pascal }}>()
{% endfor %}
}
