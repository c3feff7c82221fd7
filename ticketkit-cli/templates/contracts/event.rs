use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
{% if item.json %}
use serde_json::Value;
{% endif %}
use ticketkit_events::{% if item.time %}{Event, Timestamp}{% else %}Event{% endif %};
{% if item.uuid %}
use uuid::Uuid;
{% endif %}

/// `{{ item.subject }}`, told by {{ item.source }}. Events of the same `{{ item.key }}` stay in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "{{ item.subject }}", version = 1, key = "{{ item.key }}")]
{% if item.camel %}
#[serde(rename_all = "camelCase")]
{% endif %}
pub struct {{ item.pascal }} {
{% for field in item.fields %}
{% if field.optional %}
    #[serde(default, skip_serializing_if = "Option::is_none")]
{% endif %}
    pub {{ field.name }}: {{ field.rust }},
{% endfor %}
}
