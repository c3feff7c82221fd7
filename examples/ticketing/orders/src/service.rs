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

use crate::{
    Settings,
    app::App,
    events, forget,
    placing::Placing,
    routes, store,
    streams::{self, Streams},
    sweep,
};

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
    /// Gets the checks `orders.database` and `orders.events`.
    pub health: Health,
    /// For figures of the service's own; there are none so far.
    pub metrics: Metrics,
    /// The figures of requests, one for the process.
    pub http_metrics: HttpMetrics,
    /// Ends [`OrdersService::run`] and all open streams.
    pub shutdown: Shutdown,
    /// The service's own settings.
    pub settings: Settings,
    /// The time that deadlines, bans and events go by.
    pub clock: Clock,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database cannot be brought up to date.
    #[error("cannot prepare the database of orders")]
    Database(#[from] DatabaseError),
    /// The engine refuses the subscription, or cannot be reached.
    #[error("cannot subscribe orders to events")]
    Subscribe(#[from] EngineError),
}

/// The orders service: its routes, and what runs beside them.
#[derive(Debug)]
pub struct OrdersService {
    router: Router,
    cross_site: CrossSiteLayer,
    app: App,
    runner: Runner,
    /// Feeds the streams of this instance.
    news: Runner,
    relay: Relay,
}

impl OrdersService {
    /// The part of `/openapi.json` that describes the routes of this service.
    pub const OPENAPI: &str = include_str!("../api/openapi.json");

    /// The part of `/asyncapi.json` that says what this service sends and receives.
    pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");

    /// Migrates the database and declares the subscriptions: from here on events are kept for them.
    ///
    /// # Errors
    ///
    /// If the database or the engine fails.
    pub async fn new(setup: Setup) -> Result<Self, StartError> {
        let Setup { database, bus, auth, cross_site, health, http_metrics, .. } = setup;
        database.migrate(store::MIGRATIONS).await?;
        let app = App {
            database: database.clone(),
            publisher: Publisher::new("orders").with_clock(setup.clock.clone()),
            clock: setup.clock,
            settings: setup.settings,
            placing: Placing::default(),
            streams: Streams::default(),
            auth,
            shutdown: setup.shutdown,
        };
        let runner = events::bind(app.clone(), &bus).await?;
        let news = streams::bind(app.streams.clone(), &bus).await?;
        add_checks(&health, &database, &bus);
        let stack = http::Stack::new("orders", ErrorLayer::new("orders"), &http_metrics);
        let layers = (stack, app.auth.clone());
        let router = routes::router(app.clone(), &cross_site).layer(layers);
        let relay = Relay::new(&database, &bus);
        Ok(Self { router, cross_site, app, runner, news, relay })
    }

    /// Returns the routes under `/api/orders`, with all their layers.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Returns whom each route serves.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        routes::routes(&self.cross_site).rules().to_vec()
    }

    /// Handles events, ends overdue orders and publishes what was written, until the shutdown.
    ///
    /// The relay ends last, so that what the last handlers wrote still goes out. If this future is
    /// dropped, nothing is lost: what is not settled comes again, what is not published yet is
    /// published by the next process.
    pub async fn run(self) {
        let Self { app, runner, news, relay, .. } = self;
        let handlers_ended = Shutdown::new();
        let relaying = relay.run(handlers_ended.requested());
        let shutdown = app.shutdown.clone();
        let handling = async {
            tokio::join!(
                handle(runner, &shutdown),
                handle(news, &shutdown),
                forget::run(app.clone()),
                sweep::run(app)
            );
            handlers_ended.request();
        };
        tokio::join!(relaying, handling);
    }
}

async fn handle(runner: Runner, shutdown: &Shutdown) {
    if let Err(error) = runner.run(shutdown.requested()).await {
        let error = &error as &dyn std::error::Error;
        tracing::error!(error, "a subscription of orders failed");
    }
}

fn add_checks(health: &Health, database: &Database, bus: &Bus) {
    let (database, bus) = (database.clone(), bus.clone());
    health.add("orders.database", move || {
        let database = database.clone();
        async move { database.check().await.map_err(|error| error.to_string()) }
    });
    health.add("orders.events", move || {
        let bus = bus.clone();
        async move { bus.check().await.map_err(|error| error.to_string()) }
    });
}
