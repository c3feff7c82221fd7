use serde::{Deserialize, Serialize};
{% if item.has.json %}
use serde_json::Value;
{% endif %}
use {{ project.snake }}_contracts::«|{{ item.pascal }}Id{% if project.auth %}¦UserId{% endif %}»;
{% if item.has.present and item.has.rules %}
use ticketkit_core::{axum::present, error::Validation};
{% elif item.has.present %}
use ticketkit_core::axum::present;
{% elif item.has.rules %}
use ticketkit_core::error::Validation;
{% endif %}
{% if item.has.time %}
use ticketkit_events::Timestamp;
{% endif %}
{% if item.has.uuid %}
use uuid::Uuid;
{% endif %}
{% if item.has.rules %}

use super::rules;
{% endif %}

/// One {{ item.human }}, at one of its versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct {{ item.pascal }} {
    pub(crate) id: {{ item.pascal }}Id,
    /// Counts every change, from 1.
    pub(crate) version: i64,
{% if project.auth %}
    /// Who made it, and alone may change it.
    pub(crate) user_id: UserId,
{% endif %}
    #[serde(flatten)]
    pub(crate) fields: {{ item.pascal }}Fields,
}

/// What a caller says of one.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct {{ item.pascal }}Fields {
{% for field in item.fields %}
{% if field.optional %}
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
{% endif %}
    pub(crate) {{ field.name }}: {{ field.rust }},
{% endfor %}
}

impl {{ item.pascal }} {
    /// Makes the first version.
    pub(crate) fn new(«{% if project.auth %}user_id: UserId¦{% endif %}fields: {{ item.pascal }}Fields») -> Self {
        Self «{id: {{ item.pascal }}Id::new()¦version: 1{% if project.auth %}¦user_id{% endif %}¦fields»
    }

    /// Makes the next version.
    pub(crate) fn change(&mut self, fields: {{ item.pascal }}Fields) {
        self.version += 1;
        self.fields = fields;
    }
}
{% if item.has.rules %}

impl {{ item.pascal }}Fields {
    /// Holds them to the rules, and tells all that are broken at once.
    pub(crate) fn checked({% if item.has.line or item.has.prose %}mut {% endif %}self) -> Result<Self, Validation> {
        let mut rules = Validation::default();
{% for field in item.fields %}
{% set check = {"string": "line", "text": "prose", "money": "amount"}[field.kind] if field.kind in ["string", "text", "money"] else "" %}
{% if check and field.optional %}
        if let Some(value) = {{ "self" if check == "amount" else "&mut self" }}.{{ field.name }} {
            rules::{{ check }}(value, "{{ field.json }}", &mut rules);
        }
{% elif check %}
        rules::{{ check }}({{ "self" if check == "amount" else "&mut self" }}.{{ field.name }}, "{{ field.json }}", &mut rules);
{% endif %}
{% endfor %}
        rules.finish()?;
        Ok(self)
    }
}
{% endif %}
