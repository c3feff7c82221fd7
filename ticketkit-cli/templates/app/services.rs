//! The services of this process.
//!
//! All subscriptions are declared before anything runs, so that no event passes a service by.

use std::pin::Pin;

{% if project.auth %}
use {{ project.snake }}_auth::AuthService;
{% endif %}
{% for service in project.services %}
use {{ service.krate }}::{{ service.pascal }}Service;
{% endfor %}
{% if project.auth %}
use ticketkit_auth::CrossSiteLayer;
{% endif %}
use ticketkit_core::chassis::{HttpMetrics, Tasks};
{% set clocks = project.services | selectattr("events") | list %}
{% if clocks or project.auth %}
use ticketkit_events::{Clock, sql::Migration};
{% else %}
use ticketkit_events::sql::Migration;
{% endif %}

use crate::{
    dispatch::Dispatch,
{% if project.auth %}
    process::{PROCESS, Process, RunError, nobody},
{% else %}
    process::{Process, RunError, nobody},
{% endif %}
};

/// The names of the services.
#[rustfmt::skip] // One a line, however short they are.
pub(crate) const NAMES: &[&str] = &[
    // As `--service` takes them.
{% if project.auth %}
    "auth",
{% endif %}
{% for service in project.services %}
    "{{ service.name }}",
{% endfor %}
];

/// The steps of the databases, by service.
pub(crate) const MIGRATIONS: &[(&str, &[Migration])] = &[
    // One of each service.
{% if project.auth %}
    ("auth", AuthService::MIGRATIONS),
{% endif %}
{% for service in project.services %}
    ("{{ service.name }}", {{ service.pascal }}Service::MIGRATIONS),
{% endfor %}
];

/// The parts of `/openapi.json`.
pub(crate) const OPENAPI: &[&str] = &[
    // One of each service.
{% if project.auth %}
    AuthService::OPENAPI,
{% endif %}
{% for service in project.services %}
    {{ service.pascal }}Service::OPENAPI,
{% endfor %}
];

{% if project.events %}
/// The parts of `/asyncapi.json`.
pub(crate) const ASYNCAPI: &[&str] = &[
    // The events, and what each service has to do with them.
    {{ project.snake }}_contracts::ASYNCAPI,
{% if project.auth %}
    AuthService::ASYNCAPI,
{% endif %}
{% for service in project.services if service.events or service.handlers %}
    {{ service.pascal }}Service::ASYNCAPI,
{% endfor %}
];

{% endif %}
/// What a service does beside its routes.
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts the services of the process, and gives each the paths below its own.
pub(crate) async fn start(process: &Process, tasks: &Tasks) -> Result<Dispatch, RunError> {
    let http_metrics = HttpMetrics::new(&process.metrics);
    let mut services = Dispatch::new(nobody());
    let mut works: Vec<(&str, Work)> = Vec::new();
{% if project.auth %}
    // In every process, and first: its layer finds out who is asking, and knows of every revocation
    // of this process before the request that made it is answered.
    let cross_site = CrossSiteLayer::new(process.cookies.clone());
    let setup = {{ project.snake }}_auth::Setup {
        database: process.database("auth").await?,
        bus: process.bus.clone(),
        keys: process.keys().map_err(start_error("auth"))?,
        cookies: process.cookies.clone(),
        cross_site: cross_site.clone(),
        issuer: PROCESS.to_owned(),
        health: process.health.clone(),
        http_metrics: http_metrics.clone(),
        shutdown: process.shutdown.clone(),
        settings: process.auth_settings(),
        clock: Clock::system(),
    };
    let auth = AuthService::new(setup).await.map_err(start_error("auth"))?;
    let layer = auth.layer();
    if process.runs("auth") {
        services = services.with("/api/users", &auth.router());
        services = services.with("/.well-known", &auth.router());
    }
    works.push(("auth", Box::pin(auth.run())));
{% endif %}
{% for service in project.services %}
    if process.runs("{{ service.name }}") {
        let setup = {{ service.krate }}::Setup {
            database: process.database("{{ service.name }}").await?,
            bus: process.bus.clone(),
{% if project.auth %}
            auth: layer.clone(),
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
        let service = {{ service.pascal }}Service::new(setup).await;
        let service = service.map_err(start_error("{{ service.name }}"))?;
        services = services.with("{{ service.path }}", &service.router());
        works.push(("{{ service.name }}", Box::pin(service.run())));
    }
{% endfor %}

    for (name, work) in works {
        tasks.spawn(name, work);
    }
    Ok(services)
}

fn start_error<E>(service: &'static str) -> impl FnOnce(E) -> RunError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| RunError::Start(service, Box::new(error))
}
