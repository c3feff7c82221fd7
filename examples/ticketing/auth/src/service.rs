//! The auth part as the process sees it.

use std::{path::PathBuf, sync::Arc};

use axum::Router;
use ticketkit_auth::{
    AuthLayer, Clock, CrossSiteLayer, RevocationView, Throttle, TokenIssuer, TokenVerifier,
    axum::Rule,
    feed::{self, Feed, Instances, RevocationPublisher},
    password::PasswordHasher,
    refresh::RefreshTokens,
    session::{Sessions, SqlSessions},
    throttle::{SignInThrottle, SqlThrottle},
};
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, HttpMetrics, Shutdown, http},
};
use ticketkit_events::{
    Bus, Publisher,
    sql::{Database, Relay},
    subscription::Runner,
};

use crate::{
    app::App,
    audit::Audit,
    config::Settings,
    domain::Email,
    heartbeat, instances, keys, lifetimes, routes,
    setup::{Setup, StartError},
    store, sweep,
};

/// How many passwords may wait for each processor that hashes them.
const WAITING_PER_PROCESSOR: usize = 32;

/// The auth part: accounts, sessions and bans.
#[derive(Debug)]
pub struct AuthService {
    app: Arc<App>,
    verifier: TokenVerifier,
    cross_site: CrossSiteLayer,
    http_metrics: HttpMetrics,
    bus: Bus,
    /// Where the keys are from.
    folder: Option<PathBuf>,
    /// What the other instances revoke.
    feed: Option<Feed>,
    /// What the instances of all services report.
    reports: Option<Runner>,
    shutdown: Shutdown,
}

impl AuthService {
    /// The part of `/openapi.json` that describes the routes of this service.
    pub const OPENAPI: &str = include_str!("../api/openapi.json");

    /// The part of `/asyncapi.json` that says what this service sends and receives.
    pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");

    /// Brings the database up to date and learns from it which tokens are revoked.
    ///
    /// # Errors
    ///
    /// If the database, the keys or a setting is unfit.
    pub async fn new(setup: Setup) -> Result<Self, StartError> {
        let Setup { database, bus, keys, cookies, settings, clock, .. } = setup;
        // Its tables first: a migration moves what was kept elsewhere into them.
        let store = SqlSessions::open(&database).await?;
        database.migrate(store::MIGRATIONS).await?;
        let tokens = RefreshTokens::new(&keys.refresh_secret)?
            .idle(lifetimes::IDLE)
            .absolute(lifetimes::ABSOLUTE);
        let sessions = Sessions::new(tokens, store, clock.clone());

        let ring = keys.ring;
        let issuer = TokenIssuer::new(ring.clone(), &setup.issuer, &setup.audience)
            .lifetime(settings.access_lifetime)
            .clock(clock.clone());
        let verifier = TokenVerifier::new(&ring, setup.issuer.as_str(), setup.audience.as_str())
            .max_lifetime(settings.access_lifetime)
            .clock(clock.clone());
        let life = verifier.longest_validity();
        let (throttle, shared_throttle) = throttle(&settings, &database, &clock).await?;
        // A process of its own makes the revocations, and applies each before it answers for it; of
        // several, each is as fresh as its last look at their database.
        let view = match settings.heartbeat {
            None => RevocationView::without_heartbeat(life, clock.clone()),
            Some(_) => RevocationView::new(life, feed::BOUND, clock.clone()),
        };
        let followers = match settings.heartbeat {
            None => None,
            Some(_) => Some(Instances::bind("auth", &bus).await?),
        };
        let publisher = Publisher::new("auth");
        let revocations =
            RevocationPublisher::new(ring.clone(), setup.issuer.as_str(), publisher.clone());
        let app = App {
            publisher,
            revocations,
            ring: ring.clone(),
            issuer,
            sessions,
            cookies: cookies.max_age(lifetimes::IDLE),
            hasher: hasher(&settings)?,
            throttle,
            shared_throttle,
            view,
            instances: followers.as_ref().map(|(instances, _)| instances.clone()),
            audit: Audit::new(&setup.metrics),
            admin: admin(&settings)?,
            revocation_life: i64::try_from(life.as_millis()).unwrap_or(i64::MAX),
            database,
            settings,
            clock,
        };
        let app = Arc::new(app);
        let feed = match app.settings.heartbeat {
            None => {
                app.view.import(&app.snapshot().await?.1);
                None
            }
            Some(_) => {
                let feed = instances::bind(&app, &bus, &ring, &setup.issuer).await?;
                feed.status().observe(&setup.health, &setup.metrics);
                Some(feed)
            }
        };
        add_checks(&setup.health, &app.database);
        Ok(Self {
            app,
            feed,
            reports: followers.map(|(_, runner)| runner),
            folder: keys.folder,
            verifier,
            cross_site: setup.cross_site,
            http_metrics: setup.http_metrics,
            bus,
            shutdown: setup.shutdown,
        })
    }

    /// Returns the routes below `/api/users` and `/.well-known`, with the service's full stack.
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
        AuthLayer::new(self.verifier(), self.app.cookies.clone()).revocations(self.revocations())
    }

    /// Returns a verifier of this service's tokens.
    pub fn verifier(&self) -> TokenVerifier {
        self.verifier.clone()
    }

    /// Returns what this process knows of revocations.
    #[must_use]
    pub fn revocations(&self) -> RevocationView {
        self.app.view.clone()
    }

    /// Publishes what the outbox holds, sends heartbeats and forgets what is over, until shutdown.
    ///
    /// It can be dropped at any time: what is not published yet stays in the outbox.
    pub async fn run(self) {
        let Self { app, bus, feed, reports, folder, shutdown, .. } = self;
        tokio::join!(
            relay(&app.database, &bus, &shutdown),
            heartbeat::run(&app, &shutdown),
            instances::run(feed, &shutdown),
            instances::listen(reports, &shutdown),
            keys::run(&app, folder.as_deref(), &shutdown),
            sweep::run(&app, &shutdown),
        );
    }
}

async fn relay(database: &Database, bus: &Bus, shutdown: &Shutdown) {
    let shutdown = shutdown.clone();
    let until = async move { shutdown.requested().await };
    Relay::new(database, bus).run(until).await;
}

fn hasher(settings: &Settings) -> Result<PasswordHasher, StartError> {
    let running = std::thread::available_parallelism().map_or(1, usize::from);
    let waiting = running * WAITING_PER_PROCESSOR;
    Ok(PasswordHasher::with_limits(settings.password_cost, running, waiting)?)
}

/// Failed sign-ins count in the database where there can be several instances.
async fn throttle(
    settings: &Settings,
    database: &Database,
    clock: &Clock,
) -> Result<(Arc<dyn SignInThrottle>, Option<SqlThrottle>), StartError> {
    if !settings.throttle {
        return Ok((Arc::new(Throttle::off()), None));
    }
    if settings.heartbeat.is_none() {
        return Ok((Arc::new(Throttle::new(clock.clone())), None));
    }
    let shared = SqlThrottle::open(database, clock.clone()).await?;
    Ok((Arc::new(shared.clone()), Some(shared)))
}

fn admin(settings: &Settings) -> Result<Option<Email>, StartError> {
    let Some(text) = &settings.admin_email else { return Ok(None) };
    let email = Email::parse(text).map_err(|_| StartError::AdminEmail(text.clone()))?;
    Ok(Some(email))
}

fn add_checks(health: &Health, database: &Database) {
    let database = database.clone();
    health.add("auth.database", move || {
        let database = database.clone();
        async move { database.check().await.map_err(|error| error.to_string()) }
    });
}
