//! The events as they are recorded in `api/` against the events as they are written.

use std::path::Path;

use serde_json::{Value, json};
use {{ project.snake }}_contracts::«|ASYNCAPI¦schemas{% for event in project.events %}¦{{ event.pascal }}{% endfor %}»;
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

/// With `TICKETKIT_SCHEMAS=add` it adds to the file what is new.
#[test]
fn every_event_is_as_it_was_agreed_on() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("events.lock.json");
    if let Err(drift) = schemas().hold(file) {
        panic!("{drift}");
    }
}

/// What `/asyncapi.json` says of an event is what was agreed on.
#[test]
fn every_event_is_described() {
    let lock: Value = serde_json::from_str(include_str!("../../events.lock.json")).expect("JSON");
    let document: Value = serde_json::from_str(ASYNCAPI).expect("JSON");
    let messages = document["components"]["messages"].as_object().expect("messages");
    for (subject, version) in schemas().iter() {
        let message = messages.values().find(|message| message["name"] == subject);
        let message = message.unwrap_or_else(|| panic!("{subject} is not described"));
        assert_eq!(message["payload"], lock[subject][version.to_string()], "{subject}");
    }
}
{% for event in project.events %}

#[test]
fn {{ event.snake }}_is_as_recorded() {
    let event =↵ {{ event.pascal }} «{ {% for field in event.fields %}{{ field.name }}: {{ field.event_value }}¦{% endfor %}»;
    holds(&event, include_str!("../../api/{{ event.subject }}.v1.json"));
}
{% endfor %}
