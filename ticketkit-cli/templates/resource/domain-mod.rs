//! What the service keeps, and the rules for it. Nothing here knows HTTP or SQL.

{% if service.has.rules %}
mod rules;
{% endif %}
{% for resource in service.resources %}
mod {{ resource.snake }};
{% endfor %}

{% for resource in service.resources %}
pub(crate) use {{ resource.snake }}::«|{{ resource.pascal }}¦{{ resource.pascal }}Fields»;
{% endfor %}
