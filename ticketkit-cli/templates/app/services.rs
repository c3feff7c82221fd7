//! The services of this process.
//!
//! All subscriptions are declared before anything runs, so that no event passes a service by.

{% for service in project.services %}
use {{ service.krate }}::{{ service.pascal }}Service;
{% endfor %}
{% if project.auth %}
use ticketkit_auth::CrossSiteLayer;
{% endif %}
use ticketkit_core::chassis::{HttpMetrics, Tasks};
{% set clocks = project.services | selectattr("events") | list %}
{% if clocks %}
use ticketkit_events::Clock;
{% endif %}

use crate::{
    dispatch::Dispatch,
    process::{Process, RunError, nobody},
};

/// The parts of `/openapi.json`.
pub(crate) const OPENAPI: &[&str] = &[
    // One of each service.
{% for service in project.services %}
    {{ service.pascal }}Service::OPENAPI,
{% endfor %}
];

/// Starts every service, and gives each the paths below its own.
pub(crate) async fn start(process: &Process, tasks: &Tasks) -> Result<Dispatch, RunError> {
    let http_metrics = HttpMetrics::new(&process.metrics);
{% for service in project.services %}
    let setup = {{ service.krate }}::Setup {
        database: process.database("{{ service.name }}").await?,
        bus: process.bus.clone(),
{% if project.auth %}
        auth: auth.layer(),
{% if service.resources %}
        cross_site: cross_site.clone(),
{% endif %}
{% endif %}
        health: process.health.clone(),
        http_metrics: http_metrics.clone(),
        shutdown: process.shutdown.clone(),
{% if service.events %}
        clock: Clock::system(),
{% endif %}
    };
    let {{ service.snake }} = {{ service.pascal }}Service::new(setup).await;
    let {{ service.snake }} =↵ {{ service.snake }}.map_err(start_error("{{ service.name }}"))?;
{% endfor %}

    let services = Dispatch::new(nobody());
{% for service in project.services %}
    let services =↵ services.with("{{ service.path }}", &{{ service.snake }}.router());
{% endfor %}
{% for service in project.services %}
    tasks.spawn("{{ service.name }}", {{ service.snake }}.run());
{% endfor %}
    Ok(services)
}

fn start_error<E>(service: &'static str) -> impl FnOnce(E) -> RunError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| RunError::Start(service, Box::new(error))
}
