//! The parts put together.

use std::sync::Arc;

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
use tokio::sync::Notify;

use crate::{
    app::App,
    config::{ProviderSettings, Settings},
    events,
    provider::{BuiltIn, Provider, ProviderError, Stripe},
    reconcile, routes, store,
};

const NAME: &str = "payments";

/// What a process gives the service.
#[derive(Debug)]
pub struct Setup {
    /// Opened by the process; the service migrates it.
    pub database: Database,
    /// Where events come from and go to.
    pub bus: Bus,
    /// Finds out who is asking.
    pub auth: AuthLayer,
    /// Refuses what another site sends in a user's name.
    pub cross_site: CrossSiteLayer,
    /// Gets the service's checks.
    pub health: Health,
    /// The metrics of the process.
    pub metrics: Metrics,
    /// The metrics of requests.
    pub http_metrics: HttpMetrics,
    /// Ends [`PaymentsService::run`].
    pub shutdown: Shutdown,
    /// The service's own settings.
    pub settings: Settings,
    /// The one clock that deadlines go by.
    pub clock: Clock,
}

/// A service that cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The tables cannot be brought up to date.
    #[error("the database of payments is not ready")]
    Database(#[from] DatabaseError),
    /// The subscription cannot be bound.
    #[error("payments cannot subscribe")]
    Subscribe(#[from] EngineError),
    /// The provider cannot be set up.
    #[error("the payment provider is not ready")]
    Provider(#[from] ProviderError),
}

/// The payments service.
#[derive(Debug)]
pub struct PaymentsService {
    app: App,
    router: Router,
    cross_site: CrossSiteLayer,
    runner: Runner,
    relay: Relay,
    shutdown: Shutdown,
}

impl PaymentsService {
    /// The part of `/openapi.json` that describes the routes of this service.
    pub const OPENAPI: &str = include_str!("../api/openapi.json");

    /// The part of `/asyncapi.json` that says what this service sends and receives.
    pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");

    /// Migrates the database, binds the subscription and adds the health checks.
    ///
    /// # Errors
    ///
    /// If the database, the bus or the provider is not ready.
    pub async fn new(setup: Setup) -> Result<Self, StartError> {
        let provider: Arc<dyn Provider> = match &setup.settings.provider {
            ProviderSettings::BuiltIn => {
                Arc::new(BuiltIn::open(&setup.database, setup.clock.clone()).await?)
            }
            ProviderSettings::Stripe(stripe) => Arc::new(Stripe::new(stripe, setup.clock.clone())?),
        };
        Self::with_provider(setup, provider).await
    }

    /// Does the same with a provider of the caller's.
    ///
    /// # Errors
    ///
    /// If the database or the bus is not ready.
    pub async fn with_provider(
        setup: Setup,
        provider: Arc<dyn Provider>,
    ) -> Result<Self, StartError> {
        let Setup {
            database, bus, auth, cross_site, health, http_metrics, shutdown, clock, ..
        } = setup;
        database.migrate(store::MIGRATIONS).await?;
        let app = App {
            database: database.clone(),
            publisher: Publisher::new(NAME).with_clock(clock.clone()),
            provider,
            clock,
            doubt: Arc::new(Notify::new()),
        };
        let runner = events::bind(&app, &database, &bus).await?;
        let checked = database.clone();
        health.add("payments.database", move || {
            let database = checked.clone();
            async move { database.check().await.map_err(|error| error.to_string()) }
        });
        let stack = http::Stack::new(NAME, ErrorLayer::new(NAME), &http_metrics);
        let router = routes::router(app.clone(), &cross_site).layer((stack, auth));
        let relay = Relay::new(&database, &bus);
        Ok(Self { app, router, cross_site, runner, relay, shutdown })
    }

    /// Returns the routes with all layers around them.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Returns whom each route serves.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        routes::routes(&self.cross_site).rules().to_vec()
    }

    /// Handles events, reconciles and relays until the shutdown; returns when all have ended.
    pub async fn run(self) {
        let Self { app, router, runner, relay, shutdown, .. } = self;
        let provider = app.provider.clone();
        let (_, result, _, ()) = tokio::join!(
            relay.run(shutdown.requested()),
            runner.run(shutdown.requested()),
            reconcile::run(&app, &shutdown),
            provider.run(router, &shutdown),
        );
        if let Err(error) = result {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "the last events were not settled and will come again");
        }
    }
}
