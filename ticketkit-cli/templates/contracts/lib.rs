//! What the services of {{ project.human }} tell one another: the types of their events.
//!
//! This is all that they share: no database, and no call on the way of a write.
{% if project.events or project.ids %}

{% if project.ids %}
mod id;
{% endif %}
{% if project.events %}
mod schemas;
{% endif %}
{% for event in project.events %}
mod {{ event.snake }};
{% endfor %}

{% if project.ids %}
pub use id::«|InvalidId{% for id in project.ids %}¦{{ id }}Id{% endfor %}»;
{% endif %}
{% if project.events %}
pub use schemas::schemas;
{% endif %}
{% for event in project.events %}
pub use {{ event.snake }}::{{ event.pascal }};
{% endfor %}
{% endif %}
{% if project.events %}

/// The channels and messages of `/asyncapi.json`, which the parts of the services refer to.
pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");
{% endif %}
