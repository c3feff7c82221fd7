//! The service with a database of its own, a bus in memory, and somebody who hears all it tells.

mod acting;
mod answer;
mod fixtures;
mod waiting;

use std::{
    any::Any,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
    response::Response,
};
use serde_json::Value;
use ticketing_contracts::{
    Timestamp,
    order::{
        OrderAwaitingPayment, OrderCancelled, OrderCompleted, OrderCreated, OrderExpired,
        OrderRefundRequested, OrderRefunded,
    },
};
use ticketing_orders::{OrdersService, Settings, Setup};
use ticketing_tests::Place;
use ticketkit_auth::{CrossSiteLayer, ManualClock, RevocationView, axum::Rule, testing::TestAuth};
use ticketkit_core::chassis::{Health, HttpMetrics, Metrics, Shutdown};
use ticketkit_events::{
    Bus, Clock, Envelope, Event, HandlerError, Publisher, State, Subscription,
    engine::memory::MemoryEngine, sql::Database, subscription::Runner,
};
use ticketkit_servers::Postgres;
use tower::ServiceExt;

/// How long a hold lasts here.
pub(crate) const HOLD: Duration = Duration::from_secs(60);

pub(crate) use self::{
    answer::Answer,
    fixtures::{id, path, payment, reserved, user},
};

type Heard = Arc<Mutex<Vec<Envelope>>>;

pub(crate) struct World {
    pub(crate) auth: TestAuth,
    /// The time of tokens.
    pub(crate) token_clock: ManualClock,
    /// What the service knows of revocations.
    pub(crate) view: RevocationView,
    pub(crate) clock: Clock,
    pub(crate) database: Database,
    pub(crate) shutdown: Shutdown,
    bus: Bus,
    others: Publisher,
    router: Router,
    /// Whom each route serves.
    pub(crate) rules: Vec<Rule>,
    heard: Heard,
    /// Consumers that nobody runs.
    down: Mutex<Vec<Runner>>,
    /// What is gone with the world.
    _place: Box<dyn Any + Send + Sync>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let place = Place::new();
        let database = Database::open(&place.url("orders")).await.unwrap();
        Self::on(database, Box::new(place), Settings::default(), Bus::memory()).await
    }

    /// The same with an engine that waits for the consumers.
    pub(crate) async fn with_waiting_publisher() -> Self {
        let place = Place::new();
        let database = Database::open(&place.url("orders")).await.unwrap();
        let bus = Bus::new(waiting::Waiting(MemoryEngine::new(Clock::system())));
        Self::on(database, Box::new(place), Settings::default(), bus).await
    }

    /// The same with a comment on streams as often as this.
    pub(crate) async fn with_keep_alive(keep_alive: Duration) -> Self {
        let place = Place::new();
        let database = Database::open(&place.url("orders")).await.unwrap();
        let settings = Settings { keep_alive, ..Settings::default() };
        Self::on(database, Box::new(place), settings, Bus::memory()).await
    }

    /// The same on PostgreSQL, where transactions run beside each other.
    pub(crate) async fn on_postgres() -> Self {
        let server = Postgres::start().unwrap();
        let database = Database::open(&server.database("orders")).await.unwrap();
        Self::on(database, Box::new(server), Settings::default(), Bus::memory()).await
    }

    async fn on(
        database: Database,
        place: Box<dyn Any + Send + Sync>,
        settings: Settings,
        bus: Bus,
    ) -> Self {
        let token_clock = ManualClock::default();
        let auth = TestAuth::with_clock(token_clock.clock());
        let life = auth.verifier().longest_validity();
        let view = RevocationView::without_heartbeat(life, token_clock.clock());
        let shutdown = Shutdown::new();
        let clock = Clock::manual(Timestamp::now());
        let metrics = Metrics::default();
        let service = OrdersService::new(Setup {
            database: database.clone(),
            bus: bus.clone(),
            auth: auth.layer().revocations(view.clone()),
            cross_site: CrossSiteLayer::new(auth.cookies()),
            health: Health::default(),
            http_metrics: HttpMetrics::new(&metrics),
            metrics,
            shutdown: shutdown.clone(),
            settings: Settings { hold: HOLD, ..settings },
            clock: clock.clone(),
        })
        .await
        .unwrap();
        let (router, rules) = (service.router(), service.rules());
        let heard = listen(&bus, &shutdown).await;
        tokio::spawn(service.run());
        let others = Publisher::new("others").with_clock(clock.clone());
        Self {
            auth,
            token_clock,
            view,
            clock,
            database,
            shutdown,
            bus,
            others,
            router,
            rules,
            heard,
            down: Mutex::default(),
            _place: place,
        }
    }

    /// Sends a request as somebody, or as nobody.
    pub(crate) async fn send(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        self.exchange(self.request(who, method, path, &body)).await
    }

    /// Makes a request of somebody, or of nobody.
    pub(crate) fn request(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Request<Body> {
        let cookie = match who {
            "" => None,
            "admin" => Some(self.auth.cookie_for(&self.auth.grant(who).role("admin"))),
            _ => Some(self.auth.cookie(who)),
        };
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        request.body(body).unwrap()
    }

    pub(crate) async fn exchange(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.raw(request).await.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request whose answer may have no end.
    pub(crate) async fn raw(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", path, Value::Null).await
    }

    /// Publishes an event of another service and waits until all that follows has happened.
    pub(crate) async fn tell<E: Event>(&self, event: E) {
        self.tell_unsettled(&event).await;
        self.settle().await;
    }

    pub(crate) async fn tell_unsettled<E: Event>(&self, event: &E) {
        self.others.publish(&self.bus, event).await.unwrap();
    }

    /// Waits until nothing is under way.
    pub(crate) async fn settle(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut quiet = 0;
        // What leaves one of the two places comes into the other: look twice.
        while quiet < 2 {
            let waiting: u64 =
                self.bus.subscriptions().await.unwrap().iter().map(|queue| queue.pending).sum();
            let unsent = self.database.outbox_stats().await.unwrap().pending;
            quiet = if waiting + unsent == 0 { quiet + 1 } else { 0 };
            assert!(Instant::now() < deadline, "{waiting} unhandled, {unsent} unsent");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Changes the database behind the service's back.
    pub(crate) async fn sabotage(&self, statement: &'static str) {
        let mut tx = self.database.begin().await.unwrap();
        sqlx::query(statement).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Adds a consumer that never gets past its first order, and one that is down.
    pub(crate) async fn add_stuck_consumers(&self) {
        async fn hang(_: OrderCreated) -> Result<(), HandlerError> {
            std::future::pending().await
        }
        let stuck = Subscription::fan_out("stuck").handle(hang).ordered().bind(&self.bus).await;
        let stuck = stuck.unwrap();
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move { stuck.run(shutdown.requested()).await });
        let down = Subscription::fan_out("down").handle(hang).ordered().bind(&self.bus).await;
        self.down.lock().unwrap().push(down.unwrap());
    }

    /// Returns the kinds of the events about an order that were heard by now.
    pub(crate) fn heard(&self, order: &Value) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|it| it.key == order["id"]).map(|it| it.kind.clone()).collect()
    }

    /// Returns the requests that the events about an order belong to, of those heard by now.
    pub(crate) fn correlations(&self, order: &Value) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let about = heard.iter().filter(|it| it.key == order["id"]);
        about.filter_map(|it| it.causation.correlation_id.clone()).collect()
    }

    /// Returns all events of a type that are about an order, in their order.
    pub(crate) async fn told<E: Event>(&self, order: &Value) -> Vec<E> {
        self.settle().await;
        let heard = self.heard.lock().unwrap();
        let about = heard.iter().filter(|envelope| envelope.key == order["id"]);
        about.filter(|e| e.kind == E::SUBJECT).map(|e| e.decode().unwrap()).collect()
    }

    /// Returns the kinds of all events about an order so far.
    pub(crate) async fn kinds(&self, order: &Value) -> Vec<String> {
        self.settle().await;
        let heard = self.heard.lock().unwrap();
        let about = heard.iter().filter(|envelope| envelope.key == order["id"]);
        about.map(|e| e.kind.strip_prefix("order.").unwrap().to_owned()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

async fn listen(bus: &Bus, shutdown: &Shutdown) -> Heard {
    async fn hear<E: Event>(
        _: E,
        State(heard): State<Heard>,
        envelope: Envelope,
    ) -> Result<(), HandlerError> {
        heard.lock().unwrap().push(envelope);
        Ok(())
    }
    let heard = Heard::default();
    let runner = Subscription::fan_out("listener")
        .with_state(heard.clone())
        .handle(hear::<OrderCreated>)
        .handle(hear::<OrderAwaitingPayment>)
        .handle(hear::<OrderCancelled>)
        .handle(hear::<OrderExpired>)
        .handle(hear::<OrderCompleted>)
        .handle(hear::<OrderRefunded>)
        .handle(hear::<OrderRefundRequested>)
        .ordered()
        .bind(bus)
        .await
        .unwrap();
    let shutdown = shutdown.clone();
    tokio::spawn(async move { runner.run(shutdown.requested()).await });
    heard
}
