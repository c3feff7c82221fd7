//! One run of the process, from its settings to its last word.

use std::time::Duration;

use ticketkit_auth::CookiePolicy;
use ticketkit_core::chassis::{
    Health, Metrics, Shutdown, TasksEnded,
    serve::{DRAIN_DEADLINE, Drained, serve},
};
use ticketkit_events::metrics::EventMetrics;
use tokio::net::TcpListener;

use crate::{
    error::RunError,
    forwarded::Forwarded,
    parts::Process,
    service::Service,
    settings::Settings,
    storage::Storage,
    stripe::{self, PaymentProvider},
};

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

/// Runs all services, or one, until a signal, and drains them.
pub(crate) async fn run(settings: Settings, only: Option<Service>) -> Result<Farewell, RunError> {
    let provider = stripe::provider(&settings, only)?;
    let storage = Storage::open(&settings, only)?;
    // The port is taken first, since the public URL may follow from it; nothing is accepted
    // before all parts are ready.
    let asked = settings.addr.0;
    let listener =
        TcpListener::bind(asked).await.map_err(|error| RunError::Listen(asked, error))?;
    let address = listener.local_addr().map_err(|error| RunError::Listen(asked, error))?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let shutdown = Shutdown::on_signals().map_err(RunError::Signals)?;
    let shutdown = shutdown.with_delay(settings.drain_delay_seconds.0);
    let proxies = settings.trusted_proxies.clone();

    let process = make(storage, settings, provider, only, &public_url, &shutdown).await?;
    let _alone = process.storage.claim().await?;
    let (app, tasks) = process.start().await?.run();

    println!("listening on http://{address}");
    tracing::info!("open {public_url}; the data is {}", process.storage.place());
    let (app, errors) = (Forwarded::new(app, proxies), process.errors());
    let drained = serve(listener, app, &errors, &shutdown, DRAIN_DEADLINE).await;
    Ok(Farewell { drained, tasks: tasks.end(TASKS_DEADLINE).await })
}

/// Brings the databases of all services, or of one, up to date, and declares their subscriptions:
/// then no event passes a service by that starts later than who sends it.
pub(crate) async fn prepare(settings: Settings, only: Option<Service>) -> Result<(), RunError> {
    let provider = stripe::provider(&settings, only)?;
    let storage = Storage::open(&settings, only)?;
    // No browser comes here.
    let public_url = settings.public_url.clone().unwrap_or_else(|| "http://127.0.0.1".to_owned());
    let shutdown = Shutdown::new();
    let process = make(storage, settings, provider, only, &public_url, &shutdown).await?;
    process.start().await?;
    println!("prepared");
    Ok(())
}

async fn make(
    storage: Storage,
    settings: Settings,
    provider: PaymentProvider,
    only: Option<Service>,
    public_url: &str,
    shutdown: &Shutdown,
) -> Result<Process, RunError> {
    // Before anything is opened: a setting that is wrong is said first.
    let cookies = cookies(&settings, public_url)?;
    let metrics = Metrics::default();
    let events = metrics.register(EventMetrics::new);
    let process = Process {
        bus: storage.bus().await?.map(|bus| bus.with_metrics(&events)),
        storage,
        health: Health::default(),
        metrics,
        events,
        cookies,
        shutdown: shutdown.clone(),
        settings,
        provider,
        only,
    };
    process.metrics.register_process();
    process.health.drain_with(shutdown);
    Ok(process)
}

fn cookies(settings: &Settings, public_url: &str) -> Result<CookiePolicy, RunError> {
    let policy = if settings.danger_insecure_cookies.0 {
        CookiePolicy::danger_allow_insecure(public_url)
    } else {
        CookiePolicy::for_url(public_url)
    };
    policy.map_err(RunError::PublicUrl)
}
