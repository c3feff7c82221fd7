use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
{% if project.auth %}
use {{ project.snake }}_auth::Keys;
use ticketkit_auth::{CookiePolicy, feed::HEARTBEAT, keys::KeyError};
{% endif %}
use ticketkit_core::{
    ErrorLayer,
    chassis::{
        Health, Metrics, Shutdown, Tasks, TasksEnded, http,
        serve::{DRAIN_DEADLINE, Drained, serve},
    },
};
use ticketkit_events::{
    Bus,
    engine::EngineError,
    sql::{Database, DatabaseError},
};
use tokio::net::TcpListener;

{% if project.sqlite %}
use crate::{documents, folder::FolderError, services, settings::Settings, storage::Storage};
{% else %}
use crate::{documents, services, settings::Settings, storage::Storage};
{% endif %}

/// In whose name everything is answered that belongs to no service.
pub(crate) const PROCESS: &str = "{{ project.name }}";

/// How long background tasks may go on when the last request has ended.
const TASKS_DEADLINE: Duration = Duration::from_secs(8);

/// Why the process does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
{% if project.sqlite %}
    #[error(transparent)]
    Folder(#[from] FolderError),
{% endif %}
    #[error("cannot listen at {0} ({{ project.shouted }}_ADDR)")]
    Listen(SocketAddr, #[source] io::Error),
{% if project.auth %}
    #[error("{{ project.shouted }}_PUBLIC_URL")]
    PublicUrl(#[source] ticketkit_auth::cookies::CookieError),
{% endif %}
    #[error("cannot install the signal handlers")]
    Signals(#[source] io::Error),
    #[error("cannot read the descriptions of the services")]
    Documents(#[from] serde_json::Error),
    #[error("cannot open the database of {0}")]
    Database(&'static str, #[source] DatabaseError),
    #[error("cannot open the event engine")]
    Engine(#[from] EngineError),
    #[error("cannot start {0}")]
    Start(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
}

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

/// What the services of this process share.
pub(crate) struct Process {
    /// Those that run here.
    services: Vec<&'static str>,
    pub(crate) storage: Storage,
    pub(crate) bus: Bus,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
{% if project.auth %}
    pub(crate) cookies: CookiePolicy,
{% endif %}
    pub(crate) shutdown: Shutdown,
{% if project.auth %}
    pub(crate) settings: Settings,
{% endif %}
}

/// Runs services until a signal, and drains them.
pub(crate) async fn run(
    settings: Settings,
    services: Vec<&'static str>,
) -> Result<Farewell, RunError> {
{% if project.sqlite %}
    let is_alone = services::NAMES.iter().all(|name| services.contains(name));
    let storage = Storage::open(&settings, is_alone)?;
{% else %}
    let storage = Storage::new(&settings);
{% endif %}
    // The port is taken first; nothing is accepted before all parts are ready.
    let asked = settings.addr.0;
    let listener =
        TcpListener::bind(asked).await.map_err(|error| RunError::Listen(asked, error))?;
    let address = listener.local_addr().map_err(|error| RunError::Listen(asked, error))?;
{% if project.auth %}
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
{% endif %}
    let shutdown = Shutdown::on_signals().map_err(RunError::Signals)?;
    let shutdown = shutdown.with_delay(settings.drain_delay_seconds.0);
    let process = Process {
        services,
        bus: storage.bus().await?,
        storage,
        health: Health::default(),
        metrics: Metrics::default(),
{% if project.auth %}
        cookies: CookiePolicy::for_url(&public_url).map_err(RunError::PublicUrl)?,
{% endif %}
        shutdown: shutdown.clone(),
{% if project.auth %}
        settings,
{% endif %}
    };
    process.metrics.register_process();
    process.health.drain_with(&shutdown);
    let tasks = Tasks::new(&shutdown);
    let services = services::start(&process, &tasks).await?;
    let watched = tasks.clone();
    process.health.add("tasks", move || {
        let failed = watched.failed();
        async move { if failed.is_empty() { Ok(()) } else { Err(failed.join(", ")) } }
    });
    let operators = http::operators(PROCESS, &process.health, &process.metrics);
    let documents = documents::router()?;
    let app = services
        .with("/livez", &operators)
        .with("/readyz", &operators)
        .with("/metrics", &operators)
{% if project.events %}
        .with("/asyncapi.json", &documents)
{% endif %}
        .with("/openapi.json", &documents);

    println!("listening on http://{address}");
    tracing::info!("the data is in {}", process.storage.place());
    let errors = ErrorLayer::new(PROCESS);
    let drained = serve(listener, app, &errors, &shutdown, DRAIN_DEADLINE).await;
    Ok(Farewell { drained, tasks: tasks.end(TASKS_DEADLINE).await })
}

/// Answers what belongs to no service.
pub(crate) fn nobody() -> Router {
    Router::new().layer(ErrorLayer::new(PROCESS))
}

impl Process {
    pub(crate) fn runs(&self, service: &str) -> bool {
        self.services.contains(&service)
    }

{% if project.auth %}
    /// Reads the keys that tokens are signed with, or makes them at the first start.
    pub(crate) fn keys(&self) -> Result<Keys, KeyError> {
        Keys::open(self.storage.keys())
    }

    /// What an operator can set of auth.
    pub(crate) fn auth_settings(&self) -> {{ project.snake }}_auth::Settings {
        {{ project.snake }}_auth::Settings {
            admin_email: self.settings.admin_email.clone(),
            // Another process on the same databases hears of what this one revokes.
            heartbeat: self.storage.is_shared().then_some(HEARTBEAT),
            ..Default::default()
        }
    }

{% endif %}
    /// Opens the database of a service.
    pub(crate) async fn database(&self, service: &'static str) -> Result<Database, RunError> {
        self.storage.database(service).await
    }
}
