//! One service as a process that can die and be started again.

use axum::Router;
use tempfile::TempDir;
use ticketing_orders::OrdersService;
use ticketing_tickets::TicketsService;
use ticketkit_auth::{CrossSiteLayer, testing::TestAuth};
use ticketkit_core::chassis::{Health, HttpMetrics, Metrics, Shutdown};
use ticketkit_events::{Clock, faults::Process, sql::Database};
use tokio::task::JoinHandle;

use super::world::HOLD;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Tickets,
    Orders,
}

/// What both services are given.
pub(super) struct Given {
    pub(super) auth: TestAuth,
    pub(super) clock: Clock,
}

pub(super) struct Service {
    kind: Kind,
    pub(super) process: Process,
    pub(super) database: Database,
    pub(super) router: Router,
    task: JoinHandle<()>,
}

macro_rules! setup {
    ($service:ident, $given:ident, $process:ident, $database:ident, $settings:expr) => {{
        let metrics = Metrics::default();
        $service::Setup {
            database: $database.clone(),
            bus: $process.bus(),
            auth: $given.auth.layer(),
            cross_site: CrossSiteLayer::new($given.auth.cookies()),
            health: Health::default(),
            http_metrics: HttpMetrics::new(&metrics),
            metrics,
            shutdown: Shutdown::new(),
            settings: $settings,
            clock: $given.clock.clone(),
        }
    }};
}

impl Service {
    pub(super) async fn new(kind: Kind, given: &Given, process: Process, dir: &TempDir) -> Self {
        let file = dir.path().join(format!("{kind:?}.db"));
        let url = format!("sqlite://{}", file.display());
        let database = Database::open_with(&url, given.clock.clone()).await.expect("a database");
        let (router, task) = Self::start(kind, given, &process, &database).await;
        Self { kind, process, database, router, task }
    }

    async fn start(
        kind: Kind,
        given: &Given,
        process: &Process,
        database: &Database,
    ) -> (Router, JoinHandle<()>) {
        match kind {
            Kind::Tickets => {
                let settings = ticketing_tickets::Settings::default();
                let setup = setup!(ticketing_tickets, given, process, database, settings);
                let service = TicketsService::new(setup).await.expect("tickets start");
                (service.router(), tokio::spawn(service.run()))
            }
            Kind::Orders => {
                let settings = ticketing_orders::Settings { hold: HOLD, ..Default::default() };
                let setup = setup!(ticketing_orders, given, process, database, settings);
                let service = OrdersService::new(setup).await.expect("orders start");
                (service.router(), tokio::spawn(service.run()))
            }
        }
    }

    /// Ends it where it stands, as a kill does, and starts it anew.
    pub(super) async fn restart(&mut self, given: &Given) {
        self.task.abort();
        // It is over when this returns; how it ended is plain.
        let _ = (&mut self.task).await;
        self.process = self.process.restart();
        (self.router, self.task) =
            Self::start(self.kind, given, &self.process, &self.database).await;
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}
