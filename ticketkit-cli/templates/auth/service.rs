use std::sync::Arc;

use axum::Router;
use ticketkit_auth::{
    AuthLayer, CrossSiteLayer, RevocationView, Throttle, TokenIssuer, TokenVerifier,
    axum::Rule,
    feed::{self, Feed, RevocationPublisher},
    password::PasswordHasher,
    refresh::RefreshTokens,
};
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, HttpMetrics, Shutdown, http},
};
use ticketkit_events::{
    Bus, Publisher,
    sql::{Database, Migration, Relay},
};

use crate::{
    app::App,
    domain::Email,
    heartbeat, instances, lifetimes, routes,
    settings::Settings,
    setup::{Setup, StartError},
    store, sweep,
};

/// How many passwords may wait for each processor that hashes them.
const WAITING_PER_PROCESSOR: usize = 32;

/// The auth service: accounts, sessions and bans.
#[derive(Debug)]
pub struct AuthService {
    app: Arc<App>,
    verifier: TokenVerifier,
    cross_site: CrossSiteLayer,
    http_metrics: HttpMetrics,
    /// What other instances revoke.
    feed: Option<Feed>,
    relay: Relay,
    shutdown: Shutdown,
}

impl AuthService {
    /// The part of `/openapi.json` that describes the routes of this service.
    pub const OPENAPI: &str = include_str!("../api/openapi.json");

    /// The part of `/asyncapi.json` that says what this service sends and receives.
    pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");

    /// The steps of the database's schema, which [`new`](Self::new) runs.
    pub const MIGRATIONS: &[Migration] = store::MIGRATIONS;

    /// Migrates the database and learns from it which tokens are revoked.
    ///
    /// # Errors
    ///
    /// If the database, the keys or a setting is unfit.
    pub async fn new(setup: Setup) -> Result<Self, StartError> {
        let Setup { database, bus, keys, cookies, issuer, settings, clock, .. } = setup;
        database.migrate(store::MIGRATIONS).await?;

        let ring = keys.ring;
        let verifier = TokenVerifier::new(&ring, issuer.as_str(), issuer.as_str())
            .max_lifetime(settings.access_lifetime)
            .clock(clock.clone());
        let life = verifier.longest_validity();
        // A process of its own makes the revocations, and applies each before it answers for it; of
        // several, each is as fresh as its last look at their database.
        let view = match settings.heartbeat {
            None => RevocationView::without_heartbeat(life, clock.clone()),
            Some(_) => RevocationView::new(life, feed::BOUND, clock.clone()),
        };
        let publisher = Publisher::new("auth").with_clock(clock.clone());
        let app = Arc::new(App {
            issuer: TokenIssuer::new(ring.clone(), &issuer, &issuer)
                .lifetime(settings.access_lifetime)
                .clock(clock.clone()),
            refresh: RefreshTokens::new(&keys.refresh_secret)?
                .idle(lifetimes::IDLE)
                .absolute(lifetimes::ABSOLUTE),
            cookies: cookies.max_age(lifetimes::IDLE),
            hasher: hasher(&settings)?,
            throttle: Throttle::new(clock.clone()),
            revocations: RevocationPublisher::new(ring.clone(), issuer.as_str(), publisher.clone()),
            admin: admin(&settings)?,
            revocation_life: i64::try_from(life.as_millis()).unwrap_or(i64::MAX),
            database: database.clone(),
            publisher,
            ring,
            view,
            settings,
            clock,
        });
        let feed = if app.settings.heartbeat.is_some() {
            Some(instances::bind(&app, &bus, &issuer).await?)
        } else {
            app.view.import(&app.snapshot().await?.1);
            None
        };
        add_checks(&setup.health, &database, &bus);
        Ok(Self {
            app,
            verifier,
            cross_site: setup.cross_site,
            http_metrics: setup.http_metrics,
            feed,
            relay: Relay::new(&database, &bus),
            shutdown: setup.shutdown,
        })
    }

    /// Returns the routes below `/api/users` and `/.well-known`, with all their layers.
    pub fn router(&self) -> Router {
        let stack = http::Stack::new("auth", ErrorLayer::new("auth"), &self.http_metrics);
        let routes = routes::routes(&self.cross_site).into_router();
        routes.with_state(self.app.clone()).layer((stack, self.layer()))
    }

    /// Returns whom each route serves.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        routes::routes(&self.cross_site).rules().to_vec()
    }

    /// Returns the layer for the other services of this process: it knows of every revocation
    /// before the request that made it is answered.
    pub fn layer(&self) -> AuthLayer {
        AuthLayer::new(self.verifier.clone(), self.app.cookies.clone())
            .revocations(self.app.view.clone())
    }

    /// Publishes what was written, sends heartbeats and forgets what is over, until the shutdown.
    ///
    /// It can be dropped at any time: what is not published yet is published by the next process.
    pub async fn run(self) {
        let Self { app, feed, relay, shutdown, .. } = self;
        tokio::join!(
            relay.run(shutdown.requested()),
            heartbeat::run(&app, &shutdown),
            instances::run(feed, &shutdown),
            sweep::run(&app, &shutdown),
        );
    }
}

fn hasher(settings: &Settings) -> Result<PasswordHasher, StartError> {
    let running = std::thread::available_parallelism().map_or(1, usize::from);
    let waiting = running * WAITING_PER_PROCESSOR;
    Ok(PasswordHasher::with_limits(settings.password_cost, running, waiting)?)
}

fn admin(settings: &Settings) -> Result<Option<Email>, StartError> {
    let Some(text) = &settings.admin_email else { return Ok(None) };
    let email = Email::parse(text).map_err(|_| StartError::AdminEmail(text.clone()))?;
    Ok(Some(email))
}

fn add_checks(health: &Health, database: &Database, bus: &Bus) {
    let (database, bus) = (database.clone(), bus.clone());
    health.add("auth.database", move || {
        let database = database.clone();
        async move { database.check().await.map_err(|error| error.to_string()) }
    });
    health.add("auth.events", move || {
        let bus = bus.clone();
        async move { bus.check().await.map_err(|error| error.to_string()) }
    });
}
