//! The services of a process put together.

use std::{pin::Pin, time::Duration};

use axum::Router;
use ticketing_auth::{AuthService, Keys};
use ticketing_expiration::ExpirationService;
use ticketing_orders::OrdersService;
use ticketing_payments::PaymentsService;
use ticketing_tickets::TicketsService;
use ticketing_web::{Events, Gateway, WebConfig, WebService};
use ticketkit_auth::{AuthLayer, CookiePolicy, CrossSiteLayer};
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, HttpMetrics, Metrics, Shutdown, Tasks, http},
};
use ticketkit_events::{Bus, Clock, metrics::EventMetrics, sql::Database};

use crate::{
    callers,
    dispatch::Dispatch,
    documents::{self, Described},
    error::RunError,
    peers::Peers,
    service::Service,
    settings::{Settings, Throttle},
    storage::Storage,
    stripe::PaymentProvider,
};

/// In whose name everything is answered that belongs to no service, where all run in one process.
pub(crate) const ALL: &str = "ticketing";

/// `iss` and `aud` of access tokens.
pub(crate) const ISSUER: &str = "ticketing";

/// How often the auth service proves to the others that no news is missing.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The subscriptions that park what they give up on.
const PARKING: [&str; 4] = ["tickets", "orders", "payments", "expiration"];

/// What the services of this process share.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) storage: Storage,
    pub(crate) bus: Option<Bus>,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
    pub(crate) events: EventMetrics,
    pub(crate) cookies: CookiePolicy,
    pub(crate) shutdown: Shutdown,
    pub(crate) settings: Settings,
    pub(crate) provider: PaymentProvider,
    /// The service that runs alone; all of them without it.
    pub(crate) only: Option<Service>,
}

/// What goes on until the shutdown.
type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The parts of the process, before anything runs.
struct Parts {
    app: Dispatch,
    running: Vec<(&'static str, Running)>,
    described: Described,
}

/// All parts, ready to run.
pub(crate) struct Started {
    app: Dispatch,
    running: Vec<(&'static str, Running)>,
    health: Health,
    shutdown: Shutdown,
}

impl Started {
    /// Lets everything run; returns what answers requests, and what runs beside them.
    pub(crate) fn run(self) -> (Dispatch, Tasks) {
        let tasks = Tasks::new(&self.shutdown);
        for (name, task) in self.running {
            tasks.spawn(name, task);
        }
        let watched = tasks.clone();
        self.health.add("tasks", move || {
            let failed = watched.failed();
            async move { if failed.is_empty() { Ok(()) } else { Err(failed.join(", ")) } }
        });
        (self.app, tasks)
    }
}

impl Parts {
    fn serve(&mut self, service: Service, router: &Router) {
        for prefix in service.prefixes() {
            self.app.add(prefix, router);
        }
    }

    fn run(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.running.push((name, Box::pin(task)));
    }
}

/// The setup of a service: what all have, and what it has beside.
macro_rules! setup {
    ($process:ident, $module:ident, $service:expr, $settings:expr, $http:expr, $($more:tt)*) => {
        $module::Setup {
            database: $process.database($service).await?,
            bus: $process.bus($service)?,
            health: $process.health.clone(),
            metrics: $process.metrics.clone(),
            http_metrics: $http.clone(),
            shutdown: $process.shutdown.clone(),
            settings: $settings,
            $($more)*
        }
    };
}

impl Process {
    /// Makes every part: databases are brought up to date, and subscriptions are declared.
    ///
    /// All of them before anything runs, so that no event passes a service by.
    pub(crate) async fn start(&self) -> Result<Started, RunError> {
        let http = HttpMetrics::new(&self.metrics);
        let cross_site = CrossSiteLayer::new(self.cookies.clone());
        let app = Dispatch::new(self.nobody());
        let mut parts = Parts { app, running: Vec::new(), described: Described::default() };
        let layer = self.callers(&mut parts, &cross_site, &http).await?;
        // A service with an API of its own.
        macro_rules! api {
            ($module:ident, $service:expr, $settings:expr) => {
                setup!(
                    self, $module, $service, $settings, http,
                    auth: layer.clone().ok_or(RunError::no_issuer($service))?, cross_site: cross_site.clone(), clock: Clock::system(),
                )
            };
        }

        if self.runs(Service::Tickets) {
            let settings = ticketing_tickets::Settings::default();
            let setup = api!(ticketing_tickets, Service::Tickets, settings);
            let failed = RunError::start(Service::Tickets);
            let tickets = TicketsService::new(setup).await.map_err(failed)?;
            parts.serve(Service::Tickets, &tickets.router());
            parts.described.add(Some(TicketsService::OPENAPI), TicketsService::ASYNCAPI);
            parts.run("tickets", tickets.run());
        }
        if self.runs(Service::Orders) {
            let hold = self.settings.hold_seconds.0;
            let settings = ticketing_orders::Settings { hold, ..Default::default() };
            let setup = api!(ticketing_orders, Service::Orders, settings);
            let failed = RunError::start(Service::Orders);
            let orders = OrdersService::new(setup).await.map_err(failed)?;
            parts.serve(Service::Orders, &orders.router());
            parts.described.add(Some(OrdersService::OPENAPI), OrdersService::ASYNCAPI);
            parts.run("orders", orders.run());
        }
        if self.runs(Service::Payments) {
            let provider = self.provider.settings.clone();
            let settings = ticketing_payments::Settings { provider };
            let setup = api!(ticketing_payments, Service::Payments, settings);
            let failed = RunError::start(Service::Payments);
            let payments = PaymentsService::new(setup).await.map_err(failed)?;
            parts.serve(Service::Payments, &payments.router());
            parts.described.add(Some(PaymentsService::OPENAPI), PaymentsService::ASYNCAPI);
            parts.run("payments", payments.run());
        }
        if self.runs(Service::Expiration) {
            let settings = ticketing_expiration::Settings::default();
            let setup = setup!(
                self, ticketing_expiration, Service::Expiration, settings, http,
                clock: Clock::system(),
            );
            let failed = RunError::start(Service::Expiration);
            let expiration = ExpirationService::new(setup).await.map_err(failed)?;
            parts.described.add(None, ExpirationService::ASYNCAPI);
            parts.run("expiration", expiration.run());
        }
        self.finish(parts)
    }

    /// Adds the pages and the operators' routes.
    fn finish(&self, parts: Parts) -> Result<Started, RunError> {
        let Parts { app: services, running, described } = parts;
        let documents = documents::router(&described, self.name())?;
        let mut app = services
            .clone()
            .with("/api", &self.nobody())
            .with("/livez", &self.operators())
            .with("/readyz", &self.operators())
            .with("/metrics", &self.operators())
            .with("/openapi.json", &documents)
            .with("/asyncapi.json", &documents);
        if self.runs(Service::Web) {
            app = app.otherwise(self.pages(services)?);
        }
        let mut running = running;
        if let Some(bus) = self.bus.clone() {
            let (events, until) = (self.events.clone(), self.shutdown.clone());
            let run = async move { events.run(bus, until.requested()).await };
            running.push(("events' figures", Box::pin(run)));
        }
        let (health, shutdown) = (self.health.clone(), self.shutdown.clone());
        Ok(Started { app, running, health, shutdown })
    }

    /// Starts what finds out who is asking: the auth service, or what knows it from there.
    async fn callers(
        &self,
        parts: &mut Parts,
        cross_site: &CrossSiteLayer,
        http: &HttpMetrics,
    ) -> Result<Option<AuthLayer>, RunError> {
        if self.runs(Service::Auth) {
            let auth = self.auth(cross_site, http).await?;
            let layer = auth.layer();
            parts.serve(Service::Auth, &auth.router());
            parts.described.add(Some(AuthService::OPENAPI), AuthService::ASYNCAPI);
            parts.run("auth", auth.run());
            return Ok(Some(layer));
        }
        let Some(auth) = callers::elsewhere(self).await? else { return Ok(None) };
        let (layer, until) = (auth.layer(), self.shutdown.clone());
        parts.run("callers", async move { auth.run(until.requested()).await });
        Ok(Some(layer))
    }

    async fn auth(
        &self,
        cross_site: &CrossSiteLayer,
        http: &HttpMetrics,
    ) -> Result<AuthService, RunError> {
        let keys = Keys::open(self.storage.keys()).map_err(RunError::start(Service::Auth))?;
        let mut settings = ticketing_auth::Settings::default();
        settings.admin_email.clone_from(&self.settings.admin_email);
        settings.throttle = self.settings.throttle == Throttle::On;
        settings.heartbeat = self.only.map(|_| HEARTBEAT);
        let setup = setup!(
            self, ticketing_auth, Service::Auth, settings, http,
            keys, cookies: self.cookies.clone(), cross_site: cross_site.clone(),
            issuer: ISSUER.to_owned(), audience: ISSUER.to_owned(),
            clock: ticketkit_auth::Clock::system(),
        );
        AuthService::new(setup).await.map_err(RunError::start(Service::Auth))
    }

    /// The pages, in front of the services of this process or of others.
    fn pages(&self, services: Dispatch) -> Result<Router, RunError> {
        let config = WebConfig::new(self.cookies.clone())
            .with_hold(self.settings.hold_seconds.0)
            .with_card_entry(self.provider.card_entry.clone())
            .with_process(self.name());
        let gateway = match self.only {
            None => Gateway::new(services),
            Some(_) => Gateway::new(Peers::new(&self.settings)?),
        };
        let mut web = WebService::new(config, gateway).map_err(RunError::start(Service::Web))?;
        if let Some(bus) = self.bus.clone() {
            let events = Events::new(bus, Clock::system()).with_subscriptions(PARKING);
            web = web.with_events(events);
        }
        Ok(web.router())
    }

    /// Opens the database of a service, whose outbox is among the figures from then on.
    async fn database(&self, service: Service) -> Result<Database, RunError> {
        let database = self.storage.database(service).await?;
        self.events.watch(service.name(), &database);
        Ok(database)
    }

    fn runs(&self, service: Service) -> bool {
        self.only.is_none_or(|only| only == service)
    }

    fn bus(&self, service: Service) -> Result<Bus, RunError> {
        self.bus.clone().ok_or(RunError::no_events(service))
    }

    /// In whose name the process answers for itself.
    fn name(&self) -> &'static str {
        self.only.map_or(ALL, Service::name)
    }

    fn operators(&self) -> Router {
        http::operators(self.name(), &self.health, &self.metrics)
    }

    /// Answers what belongs to no service.
    fn nobody(&self) -> Router {
        Router::new().layer(self.errors())
    }

    /// Says in whose name the process refuses what reaches no service.
    pub(crate) fn errors(&self) -> ErrorLayer {
        ErrorLayer::new(self.name())
    }
}
