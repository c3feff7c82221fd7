use axum::Router;
use ticketkit_auth::{AuthLayer, CrossSiteLayer, axum::Rule};
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, HttpMetrics, Metrics, Shutdown, http},
};
use ticketkit_events::{
    Bus, Clock, Publisher,
    engine::EngineError,
    sql::{Database, DatabaseError, Relay},
    subscription::Runner,
};

use crate::{Settings, app::App, events, forget, routes, store};

/// What a process gives the service.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The service's own database; the service migrates it.
    pub database: Database,
    /// Where events come from and go to.
    pub bus: Bus,
    /// Finds out who is asking.
    pub auth: AuthLayer,
    /// Refuses what other sites send in a user's name.
    pub cross_site: CrossSiteLayer,
    /// Gets the checks `tickets.database` and `tickets.events`.
    pub health: Health,
    /// For figures of the service's own; there are none so far.
    pub metrics: Metrics,
    /// The figures of requests, one for the process.
    pub http_metrics: HttpMetrics,
    /// Ends [`TicketsService::run`].
    pub shutdown: Shutdown,
    /// The service's own settings.
    pub settings: Settings,
    /// The time that bans and events go by.
    pub clock: Clock,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database cannot be brought up to date.
    #[error("cannot prepare the database of tickets")]
    Database(#[from] DatabaseError),
    /// The engine refuses the subscription, or cannot be reached.
    #[error("cannot subscribe tickets to events")]
    Subscribe(#[from] EngineError),
}

/// The tickets service: its routes, and what runs beside them.
#[derive(Debug)]
pub struct TicketsService {
    app: App,
    router: Router,
    cross_site: CrossSiteLayer,
    runner: Runner,
    relay: Relay,
    shutdown: Shutdown,
}

impl TicketsService {
    /// The part of `/openapi.json` that describes the routes of this service.
    pub const OPENAPI: &str = include_str!("../api/openapi.json");

    /// The part of `/asyncapi.json` that says what this service sends and receives.
    pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");

    /// Migrates the database and declares the subscription: from here on events are kept for it.
    ///
    /// # Errors
    ///
    /// If the database or the engine fails.
    pub async fn new(setup: Setup) -> Result<Self, StartError> {
        let Setup { database, bus, auth, cross_site, health, http_metrics, .. } = setup;
        database.migrate(store::MIGRATIONS).await?;
        let app = App {
            database: database.clone(),
            publisher: Publisher::new("tickets").with_clock(setup.clock.clone()),
            clock: setup.clock,
            settings: setup.settings,
        };
        let runner = events::bind(app.clone(), &bus).await?;
        add_checks(&health, &database, &bus);
        let stack = http::Stack::new("tickets", ErrorLayer::new("tickets"), &http_metrics);
        let router = routes::router(app.clone(), &cross_site).layer((stack, auth));
        let relay = Relay::new(&database, &bus);
        Ok(Self { app, router, cross_site, runner, relay, shutdown: setup.shutdown })
    }

    /// Returns the routes under `/api/tickets`, with all their layers.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Returns whom each route serves.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        routes::routes(&self.cross_site).rules().to_vec()
    }

    /// Handles events and publishes what was written, until the shutdown.
    ///
    /// The relay ends last, so that what the last handlers wrote still goes out. If this future is
    /// dropped, nothing is lost: what is not settled comes again, what is not published yet is
    /// published by the next process.
    pub async fn run(self) {
        let Self { app, runner, relay, shutdown, .. } = self;
        let handlers_ended = Shutdown::new();
        let relaying = relay.run(handlers_ended.requested());
        let handling = async {
            let (handled, ()) =
                tokio::join!(runner.run(shutdown.requested()), forget::run(app, &shutdown));
            if let Err(error) = handled {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the subscription of tickets failed");
            }
            handlers_ended.request();
        };
        tokio::join!(relaying, handling);
    }
}

fn add_checks(health: &Health, database: &Database, bus: &Bus) {
    let (database, bus) = (database.clone(), bus.clone());
    health.add("tickets.database", move || {
        let database = database.clone();
        async move { database.check().await.map_err(|error| error.to_string()) }
    });
    health.add("tickets.events", move || {
        let bus = bus.clone();
        async move { bus.check().await.map_err(|error| error.to_string()) }
    });
}
