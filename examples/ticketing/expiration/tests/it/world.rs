//! The service on a database file, with a clock that stands still, and somebody who hears it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::Router;
use ticketing_contracts::{
    Currency, OrderId, TicketId, Timestamp, UserId,
    expiration::ExpirationCompleted,
    order::{Order, OrderStatus, OrderedTicket},
};
use ticketing_expiration::{ExpirationService, Settings, Setup};
use ticketing_tests::Place;
use ticketkit_core::chassis::{Health, HttpMetrics, Metrics, Shutdown};
use ticketkit_events::{
    Bus, Clock, Event, HandlerError, Publisher, State, Subscription, sql::Database,
};
use tokio::task::JoinHandle;

type Heard = Arc<Mutex<Vec<OrderId>>>;

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) router: Router,
    bus: Bus,
    database: Database,
    heard: Heard,
    shutdown: Shutdown,
    running: JoinHandle<()>,
    place: Arc<Place>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(Place::new()), Bus::memory(), Clock::manual(Timestamp::now())).await
    }

    async fn on(place: Arc<Place>, bus: Bus, clock: Clock) -> Self {
        let url = place.url("expiration");
        let database = Database::open_with(&url, clock.clone()).await.unwrap();
        let (shutdown, metrics) = (Shutdown::new(), Metrics::default());
        let service = ExpirationService::new(Setup {
            database: database.clone(),
            bus: bus.clone(),
            health: Health::default(),
            http_metrics: HttpMetrics::new(&metrics),
            metrics,
            shutdown: shutdown.clone(),
            settings: Settings::default(),
            clock: clock.clone(),
        })
        .await
        .unwrap();
        let router = service.router();
        let heard = listen(&bus, &shutdown).await;
        let running = tokio::spawn(service.run());
        Self { clock, router, bus, database, heard, shutdown, running, place }
    }

    /// Ends the process and starts the next one on the same database, some time later.
    pub(crate) async fn restart(mut self, after: Duration) -> Self {
        self.shutdown.request();
        (&mut self.running).await.unwrap();
        self.database.close().await;
        self.clock.advance(after);
        Self::on(self.place.clone(), self.bus.clone(), self.clock.clone()).await
    }

    /// Tells the service of an order and waits until it has heard.
    pub(crate) async fn tell<E: Event>(&self, event: E) {
        let orders = Publisher::new("orders").with_clock(self.clock.clone());
        orders.publish(&self.bus, &event).await.unwrap();
        self.eventually(async || {
            let queues = self.bus.subscriptions().await.unwrap();
            queues.iter().all(|queue| queue.pending == 0)
        })
        .await;
    }

    /// Changes the database behind the service's back.
    pub(crate) async fn sabotage(&self, statement: &'static str) {
        let mut tx = self.database.begin().await.unwrap();
        sqlx::query(statement).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Returns how many timers there are.
    pub(crate) async fn timers(&self) -> u64 {
        self.database.outbox_stats().await.unwrap().scheduled
    }

    /// Returns whose holds were told to be over.
    pub(crate) fn heard(&self) -> Vec<OrderId> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) async fn eventually(&self, holds: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds().await {
            assert!(Instant::now() < deadline, "it never came to hold");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// An order that awaits its payment for as long.
    pub(crate) fn order(&self, hold: Duration) -> Order {
        Order {
            id: OrderId::new(),
            version: 2,
            user_id: UserId::new(),
            status: OrderStatus::AwaitingPayment,
            reason: None,
            expires_at: self.clock.now() + hold,
            ticket: OrderedTicket {
                id: TicketId::new(),
                version: 1,
                title: "A seat".to_owned(),
                price: 1999,
                currency: Currency::USD,
            },
            payment_id: None,
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

async fn listen(bus: &Bus, shutdown: &Shutdown) -> Heard {
    async fn hear(
        event: ExpirationCompleted,
        State(heard): State<Heard>,
    ) -> Result<(), HandlerError> {
        heard.lock().unwrap().push(event.order_id);
        Ok(())
    }
    let heard = Heard::default();
    let listener = Subscription::fan_out("listener").with_state(heard.clone()).handle(hear);
    let runner = listener.bind(bus).await.unwrap();
    let shutdown = shutdown.clone();
    tokio::spawn(async move { runner.run(shutdown.requested()).await });
    heard
}
