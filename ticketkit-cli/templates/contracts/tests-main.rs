//! The events as they are recorded in `api/` against the events as they are written.

use serde_json::{Value, json};
use {{ project.snake }}_contracts::«|{% for event in project.events %}¦{{ event.pascal }}{% endfor %}»;
{% if project.events | selectattr("time") | list %}
use ticketkit_events::{Event, Timestamp};
{% else %}
use ticketkit_events::Event;
{% endif %}
{% if project.events | selectattr("uuid") | list %}
use uuid::Uuid;
{% endif %}

/// Reads what is recorded, and writes it again.
#[track_caller]
fn holds<E: Event + PartialEq + std::fmt::Debug>(event: &E, recorded: &str) {
    let mut recorded: Value = serde_json::from_str(recorded).expect("JSON");
    recorded.as_object_mut().expect("an object").remove("x-ticketkit");
    assert_eq!(json!(event), recorded, "{} is written as recorded", E::SUBJECT);
    let read: E = serde_json::from_value(recorded).expect("what was told before can be read");
    assert_eq!(&read, event);
}
{% for event in project.events %}

#[test]
fn {{ event.snake }}_is_as_recorded() {
    let event = {{ event.pascal }} «{ {% for field in event.fields %}{{ field.name }}: {{ field.event_value }}¦{% endfor %}»;
    holds(&event, include_str!("../../api/{{ event.subject }}.v1.json"));
}
{% endfor %}
