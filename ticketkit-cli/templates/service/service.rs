use axum::Router;
{% if project.auth %}
use ticketkit_auth::{% if service.resources %}{AuthLayer, CrossSiteLayer}{% else %}AuthLayer{% endif %};
{% endif %}
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, HttpMetrics, Shutdown, http},
};
use ticketkit_events::{
    Bus,{% if service.events %} Clock,{% endif %}

{% if service.handlers %}
    engine::EngineError,
{% endif %}
    sql::{Database, DatabaseError, Migration, Relay},
{% if service.handlers %}
    subscription::Runner,
{% endif %}
};

use crate::«|{% if service.events %}News¦{% endif %}{% if service.resources or service.events %}app::App¦{% endif %}{% if service.handlers %}events¦{% endif %}routes¦store»;

/// What a process gives the service.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The service's own database; the service migrates it.
    pub database: Database,
    /// Where events come from and go to.
    pub bus: Bus,
{% if project.auth %}
    /// Finds out who is asking.
    pub auth: AuthLayer,
{% if service.resources %}
    /// Refuses what other sites send in a user's name.
    pub cross_site: CrossSiteLayer,
{% endif %}
{% endif %}
    /// Gets the checks `{{ service.name }}.database` and `{{ service.name }}.events`.
    pub health: Health,
    /// The figures of requests, one for the process.
    pub http_metrics: HttpMetrics,
    /// Ends [`{{ service.pascal }}Service::run`].
    pub shutdown: Shutdown,
{% if service.events %}
    /// The time that events go by.
    pub clock: Clock,
{% endif %}
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database cannot be brought up to date.
    #[error("cannot prepare the database of {{ service.name }}")]
    Database(#[from] DatabaseError),
{% if service.handlers %}
    /// The engine refuses the subscription, or cannot be reached.
    #[error("cannot subscribe {{ service.name }} to events")]
    Subscribe(#[from] EngineError),
{% endif %}
}

/// The service {{ service.name }}: its routes, and what runs beside them.
#[derive(Debug)]
pub struct {{ service.pascal }}Service {
    router: Router,
{% if service.events %}
    app: App,
{% endif %}
{% if service.handlers %}
    runner: Runner,
{% endif %}
    relay: Relay,
    shutdown: Shutdown,
}

impl {{ service.pascal }}Service {
    /// The part of `/openapi.json` that describes the routes of this service.
    pub const OPENAPI: &str = include_str!("../api/openapi.json");
{% if service.events or service.handlers %}

    /// The part of `/asyncapi.json` that says what this service sends and receives.
    pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");
{% endif %}

    /// The steps of the database's schema, which [`new`](Self::new) runs.
    pub const MIGRATIONS: &[Migration] = store::MIGRATIONS;

    /// Migrates the database{% if service.handlers %} and declares the subscription: from here on events are kept for it{% endif %}.
    ///
    /// # Errors
    ///
    /// If the database{% if service.handlers %} or the engine{% endif %} fails.
    pub async fn new(setup: Setup) -> Result<Self, StartError> {
        let Setup { database, bus, health, http_metrics, .. } = setup;
        database.migrate(store::MIGRATIONS).await?;
{% if service.resources and service.events %}
        let news = News::new(setup.clock);
        let app = App { database: database.clone(), news };
{% elif service.resources %}
        let app = App { database: database.clone() };
{% elif service.events %}
        let app = App { news: News::new(setup.clock) };
{% endif %}
{% if service.handlers %}
        let runner = events::bind({% if service.resources or service.events %}app.clone(), {% endif %}&database, &bus).await?;
{% endif %}
        add_checks(&health, &database, &bus);
        let routes = routes::router({% if service.resources %}app{% if service.events %}.clone(){% endif %}{% if project.auth %}, &setup.cross_site{% endif %}{% endif %});
        let errors = ErrorLayer::new("{{ service.name }}");
        let stack = http::Stack::new("{{ service.name }}", errors, &http_metrics);
        let router = routes.layer({% if project.auth %}(stack, setup.auth){% else %}stack{% endif %});
        let relay = Relay::new(&database, &bus);
        Ok(Self «{router{% if service.events %}¦app{% endif %}{% if service.handlers %}¦runner{% endif %}¦relay¦shutdown: setup.shutdown»)
    }

    /// Returns the routes under `{{ service.path }}`, with all their layers.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
{% if service.events %}

    /// Returns what the service tells its events through.
    #[must_use]
    pub fn news(&self) -> &News {
        &self.app.news
    }
{% endif %}

{% if service.handlers %}
    /// Handles events and publishes what was written, until the shutdown.
    ///
    /// The relay ends last, so that what the last handlers wrote still goes out. If this future is
    /// dropped, nothing is lost: what is not settled comes again, what is not published yet is
    /// published by the next process.
    pub async fn run(self) {
        let Self { runner, relay, shutdown, .. } = self;
        let handlers_ended = Shutdown::new();
        let relaying = relay.run(handlers_ended.requested());
        let handling = async {
            if let Err(error) = runner.run(shutdown.requested()).await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the subscription of {{ service.name }} failed");
            }
            handlers_ended.request();
        };
        tokio::join!(relaying, handling);
    }
{% else %}
    /// Publishes what was written, until the shutdown.
    ///
    /// If this future is dropped, nothing is lost: what is not published yet is published by the
    /// next process.
    pub async fn run(self) {
        self.relay.run(self.shutdown.requested()).await;
    }
{% endif %}
}

fn add_checks(health: &Health, database: &Database, bus: &Bus) {
    let (database, bus) = (database.clone(), bus.clone());
    health.add("{{ service.name }}.database", move || {
        let database = database.clone();
        async move { database.check().await.map_err(|error| error.to_string()) }
    });
    health.add("{{ service.name }}.events", move || {
        let bus = bus.clone();
        async move { bus.check().await.map_err(|error| error.to_string()) }
    });
}
