use axum::Router;
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, HttpMetrics, Metrics, Shutdown, http},
};
use ticketkit_events::{
    Bus, Clock, Publisher,
    engine::EngineError,
    sql::{Database, Relay},
    subscription::Runner,
};

use crate::{Settings, app::App, events};

/// What a process gives the service.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The service's own database, which has the timers.
    pub database: Database,
    /// Where events come from and go to.
    pub bus: Bus,
    /// Gets the checks `expiration.database` and `expiration.events`.
    pub health: Health,
    /// For figures of the service's own; there are none so far.
    pub metrics: Metrics,
    /// The figures of requests, one for the process.
    pub http_metrics: HttpMetrics,
    /// Ends [`ExpirationService::run`].
    pub shutdown: Shutdown,
    /// The service's own settings.
    pub settings: Settings,
    /// The time of events. Timers go by the clock that the database was opened with.
    pub clock: Clock,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The engine refuses the subscription, or cannot be reached.
    #[error("cannot subscribe expiration to events")]
    Subscribe(#[from] EngineError),
}

/// The expiration service: what runs, and a router like that of the others.
#[derive(Debug)]
pub struct ExpirationService {
    router: Router,
    runner: Runner,
    relay: Relay,
    shutdown: Shutdown,
}

impl ExpirationService {
    /// The part of `/asyncapi.json` that says what this service sends and receives.
    pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");

    /// Declares the subscription: from here on events are kept for it.
    ///
    /// # Errors
    ///
    /// If the engine fails.
    pub async fn new(setup: Setup) -> Result<Self, StartError> {
        let Setup { database, bus, health, http_metrics, .. } = setup;
        let app = App {
            database: database.clone(),
            publisher: Publisher::new("expiration").with_clock(setup.clock),
            settings: setup.settings,
        };
        let runner = events::bind(app, &bus).await?;
        add_checks(&health, &database, &bus);
        let errors = ErrorLayer::new("expiration");
        let router = Router::new().layer(http::Stack::new("expiration", errors, &http_metrics));
        let relay = Relay::new(&database, &bus);
        Ok(Self { router, runner, relay, shutdown: setup.shutdown })
    }

    /// Returns a router without routes: whatever is asked of this service is answered with 404.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

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
                tracing::error!(error, "the subscription of expiration failed");
            }
            handlers_ended.request();
        };
        tokio::join!(relaying, handling);
    }
}

fn add_checks(health: &Health, database: &Database, bus: &Bus) {
    let (database, bus) = (database.clone(), bus.clone());
    health.add("expiration.database", move || {
        let database = database.clone();
        async move { database.check().await.map_err(|error| error.to_string()) }
    });
    health.add("expiration.events", move || {
        let bus = bus.clone();
        async move { bus.check().await.map_err(|error| error.to_string()) }
    });
}
