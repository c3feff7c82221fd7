use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use ticketing_auth::{AuthService, Keys};
use ticketing_expiration::ExpirationService;
use ticketing_orders::OrdersService;
use ticketing_payments::PaymentsService;
use ticketing_tickets::TicketsService;
use ticketing_web::{Gateway, WebConfig, WebService};
use ticketkit_auth::{CookiePolicy, CrossSiteLayer};
use ticketkit_core::{
    ErrorLayer,
    chassis::{
        Health, HttpMetrics, Metrics, Shutdown, Tasks, TasksEnded, http,
        serve::{DRAIN_DEADLINE, Drained, serve},
    },
};
use ticketkit_events::{
    Bus, Clock,
    engine::EngineError,
    sql::{Database, DatabaseError},
};
use tokio::net::TcpListener;

use crate::{
    dispatch::Dispatch,
    documents,
    events_admin::BusAdmin,
    folder::{DataFolder, FolderError},
    settings::{Settings, Throttle},
};

/// In whose name everything is answered that belongs to no service.
const PROCESS: &str = "ticketing";

/// `iss` and `aud` of access tokens.
const ISSUER: &str = "ticketing";

/// Why the process does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("cannot listen at {0} (TICKETING_ADDR)")]
    Listen(SocketAddr, #[source] io::Error),
    #[error(
        "TICKETING_PUBLIC_URL (TICKETING_DANGER_INSECURE_COOKIES=yes allows plain HTTP anywhere)"
    )]
    PublicUrl(#[source] ticketkit_auth::cookies::CookieError),
    #[error(
        "a TICKETING_STRIPE_… setting is there, and this version has the built-in payment provider \
         alone; leave them unset"
    )]
    Stripe,
    #[error("cannot install the signal handlers")]
    Signals(#[source] io::Error),
    #[error("cannot open the database of {0}")]
    Database(&'static str, #[source] DatabaseError),
    #[error("cannot open the event engine")]
    Engine(#[from] EngineError),
    #[error("cannot read the descriptions of the services")]
    Documents(#[from] serde_json::Error),
    #[error("cannot start {0}")]
    Start(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How long background tasks may go on when the last request has ended.
const TASKS_DEADLINE: Duration = Duration::from_secs(8);

/// What became of everything that was under way at the end.
#[derive(Debug)]
pub(crate) struct Farewell {
    drained: Drained,
    tasks: TasksEnded,
}

impl Farewell {
    pub(crate) fn log(&self) {
        let Self { drained, tasks } = self;
        if drained.is_clean() && tasks.is_clean() {
            tracing::info!("{drained}; {tasks}");
        } else {
            tracing::warn!("{drained}; {tasks}");
        }
    }
}

/// Runs all services until a signal, and drains them.
pub(crate) async fn run(settings: Settings) -> Result<Farewell, RunError> {
    if settings.asks_for_stripe() {
        return Err(RunError::Stripe);
    }
    let folder = DataFolder::open(&settings.data_dir)?;
    // The port is taken first, since the public URL may follow from it; nothing is accepted
    // before all parts are ready.
    let asked = settings.addr.0;
    let listener =
        TcpListener::bind(asked).await.map_err(|error| RunError::Listen(asked, error))?;
    let address = listener.local_addr().map_err(|error| RunError::Listen(asked, error))?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let cookies = cookies(&settings, &public_url)?;
    let shutdown = Shutdown::on_signals().map_err(RunError::Signals)?;
    let shutdown = shutdown.with_delay(settings.drain_delay_seconds.0);

    let process = Process {
        bus: Bus::open(&sqlite(&folder, "events")).await?,
        folder,
        health: Health::default(),
        metrics: Metrics::default(),
        cookies,
        shutdown: shutdown.clone(),
        settings,
    };
    process.metrics.register_process();
    process.health.drain_with(&shutdown);
    let (app, tasks) = process.start().await?;

    println!("listening on http://{address}");
    tracing::info!("open {public_url}; the data is in {}", process.folder.path().display());
    let drained = serve(listener, app, &shutdown, DRAIN_DEADLINE).await;
    Ok(Farewell { drained, tasks: tasks.end(TASKS_DEADLINE).await })
}

fn cookies(settings: &Settings, public_url: &str) -> Result<CookiePolicy, RunError> {
    let policy = if settings.danger_insecure_cookies.0 {
        CookiePolicy::danger_allow_insecure(public_url)
    } else {
        CookiePolicy::for_url(public_url)
    };
    policy.map_err(RunError::PublicUrl)
}

fn sqlite(folder: &DataFolder, name: &str) -> String {
    format!("sqlite://{}", folder.file(&format!("{name}.db")).display())
}

/// What the services of this process share.
struct Process {
    folder: DataFolder,
    bus: Bus,
    health: Health,
    metrics: Metrics,
    cookies: CookiePolicy,
    shutdown: Shutdown,
    settings: Settings,
}

/// The setup of a service: what all have, and what it has beside.
macro_rules! setup {
    ($process:ident, $service:ident, $settings:expr, $http_metrics:expr, $($more:tt)*) => {
        $service::Setup {
            database: $process.database(stringify!($service)).await?,
            bus: $process.bus.clone(),
            health: $process.health.clone(),
            metrics: $process.metrics.clone(),
            http_metrics: $http_metrics.clone(),
            shutdown: $process.shutdown.clone(),
            settings: $settings,
            clock: Clock::system(),
            $($more)*
        }
    };
}

impl Process {
    /// Starts every part, and returns what answers requests and what runs beside them.
    ///
    /// All subscriptions are declared before anything runs, so that no event passes a service by.
    async fn start(&self) -> Result<(Dispatch, Tasks), RunError> {
        let http_metrics = HttpMetrics::new(&self.metrics);
        let cross_site = CrossSiteLayer::new(self.cookies.clone());
        let auth = self.auth(&cross_site, &http_metrics).await?;
        let layer = auth.layer();
        // A service with an API of its own, and one without.
        macro_rules! api {
            ($service:ident, $settings:expr) => {
                setup!(
                    self, $service, $settings, http_metrics,
                    auth: layer.clone(), cross_site: cross_site.clone(),
                )
            };
        }

        let setup = api!(ticketing_tickets, ticketing_tickets::Settings::default());
        let tickets = TicketsService::new(setup).await.map_err(start("tickets"))?;
        let hold = self.settings.hold_seconds.0;
        let settings = ticketing_orders::Settings { hold, ..Default::default() };
        let setup = api!(ticketing_orders, settings);
        let orders = OrdersService::new(setup).await.map_err(start("orders"))?;
        let setup = api!(ticketing_payments, ticketing_payments::Settings::default());
        let payments = PaymentsService::new(setup).await.map_err(start("payments"))?;
        let settings = ticketing_expiration::Settings::default();
        let setup = setup!(self, ticketing_expiration, settings, http_metrics,);
        let expiration = ExpirationService::new(setup).await.map_err(start("expiration"))?;

        let services = Dispatch::new(nobody())
            .with("/api/users", &auth.router())
            .with("/.well-known", &auth.router())
            .with("/api/tickets", &tickets.router())
            .with("/api/orders", &orders.router())
            .with("/api/payments", &payments.router());
        let documents = documents::router()?;
        let app = services
            .clone()
            .with("/api", &nobody())
            .with("/livez", &self.operators())
            .with("/readyz", &self.operators())
            .with("/metrics", &self.operators())
            .with("/openapi.json", &documents)
            .with("/asyncapi.json", &documents)
            .otherwise(self.pages(services)?);

        let tasks = Tasks::new(&self.shutdown);
        tasks.spawn("auth", auth.run());
        tasks.spawn("tickets", tickets.run());
        tasks.spawn("orders", orders.run());
        tasks.spawn("payments", payments.run());
        tasks.spawn("expiration", expiration.run());
        let watched = tasks.clone();
        self.health.add("tasks", move || {
            let failed = watched.failed();
            async move { if failed.is_empty() { Ok(()) } else { Err(failed.join(", ")) } }
        });
        Ok((app, tasks))
    }

    async fn auth(
        &self,
        cross_site: &CrossSiteLayer,
        http_metrics: &HttpMetrics,
    ) -> Result<AuthService, RunError> {
        let keys = Keys::open(self.folder.file("keys")).map_err(start("auth"))?;
        let mut settings = ticketing_auth::Settings::default();
        settings.admin_email.clone_from(&self.settings.admin_email);
        settings.throttle = self.settings.throttle == Throttle::On;
        let setup = ticketing_auth::Setup {
            database: self.database("auth").await?,
            bus: self.bus.clone(),
            keys,
            cookies: self.cookies.clone(),
            cross_site: cross_site.clone(),
            issuer: ISSUER.to_owned(),
            audience: ISSUER.to_owned(),
            health: self.health.clone(),
            metrics: self.metrics.clone(),
            http_metrics: http_metrics.clone(),
            shutdown: self.shutdown.clone(),
            settings,
            clock: ticketkit_auth::Clock::system(),
        };
        AuthService::new(setup).await.map_err(start("auth"))
    }

    fn pages(&self, services: Dispatch) -> Result<Router, RunError> {
        let config = WebConfig::new(self.cookies.clone())
            .with_hold(self.settings.hold_seconds.0)
            .with_process(PROCESS);
        let admin = BusAdmin { bus: self.bus.clone(), clock: Clock::system() };
        let web = WebService::new(config, Gateway::new(services)).map_err(start("web"))?;
        Ok(web.with_events(Arc::new(admin)).router())
    }

    fn operators(&self) -> Router {
        http::operators(PROCESS, &self.health, &self.metrics)
    }

    async fn database(&self, service: &'static str) -> Result<Database, RunError> {
        let name = service.strip_prefix("ticketing_").unwrap_or(service);
        let url = sqlite(&self.folder, name);
        Database::open(&url).await.map_err(|error| RunError::Database(name, error))
    }
}

/// Answers what belongs to no service.
fn nobody() -> Router {
    Router::new().layer(ErrorLayer::new(PROCESS))
}

fn start<E>(service: &'static str) -> impl FnOnce(E) -> RunError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| RunError::Start(service, Box::new(error))
}
