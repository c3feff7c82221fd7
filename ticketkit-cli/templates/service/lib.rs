//! The service {{ service.name }}.
//!
//! | module | what is in it |
//! |---|---|
{% if service.resources %}
//! | `domain` | what the service keeps, and the rules for it |
{% endif %}
//! | `store` | the SQL, beside its Rust |
//! | `routes` | `{{ service.path }}` |
{% if service.events %}
//! | `news` | the events that the service tells |
{% endif %}
{% if service.handlers %}
//! | `events` | the events that it hears, and what follows |
{% endif %}
//!
//! A process makes a [`{{ service.pascal }}Service`] from a [`Setup`], serves its router and runs it.

{% if service.resources or service.events %}
mod app;
{% endif %}
{% if service.resources %}
mod domain;
mod error;
{% endif %}
{% if service.handlers %}
mod events;
{% endif %}
{% if service.events %}
mod news;
{% endif %}
mod routes;
mod service;
mod store;

{% if service.resources %}
pub use error::Error;
{% endif %}
{% if service.events %}
pub use news::News;
{% endif %}
pub use service::«|{{ service.pascal }}Service¦Setup¦StartError»;
