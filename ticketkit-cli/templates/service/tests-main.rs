//! The service {{ service.name }} from outside: over HTTP, and by the events that it hears and tells.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

{% for event in service.events %}
mod tells_{{ event.snake }};
{% endfor %}
{% for handler in service.handlers %}
mod hears_{{ handler.snake }};
{% endfor %}
{% for resource in service.resources %}
mod {{ resource.plural.snake }};
{% endfor %}
mod routes;
mod world;
