//! A process with the service in it.

use std::sync::Arc;

use axum::{Router, body::Body};
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sqlx::Row;
use ticketing_contracts::{
    OrderId, PaymentId,
    order::{Order, OrderAwaitingPayment, OrderCancelled, OrderRefundRequested, OrderStatus},
    payment::{PaymentCreated, PaymentFailed, PaymentRefunded},
};
use ticketing_payments::{
    PaymentsService, Settings, Setup,
    provider::{BuiltIn, Provider},
};
use ticketkit_auth::{CrossSiteLayer, axum::Rule};
use ticketkit_core::chassis::{Health, HttpMetrics, Metrics, Shutdown};
use ticketkit_events::{
    Bus, Event, HandlerError, Meta, Publisher, State, Subscription, sql::Database,
};
use tokio::{runtime::Runtime, task::JoinHandle};
use tower::ServiceExt;

use crate::world::{BUYER, Told, World, ended, eventually};

pub(crate) struct Process<'w> {
    pub(crate) world: &'w World,
    pub(crate) runtime: Runtime,
    pub(crate) router: Router,
    /// Whom each route serves.
    pub(crate) rules: Vec<Rule>,
    pub(crate) database: Database,
    pub(crate) bus: Bus,
    pub(crate) health: Health,
    pub(crate) shutdown: Shutdown,
    pub(crate) running: JoinHandle<()>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

type Log = Arc<std::sync::Mutex<Vec<Told>>>;
type Handled = Result<(), HandlerError>;

impl<'w> Process<'w> {
    /// Starts it as a process does.
    pub(crate) fn start(world: &'w World) -> Self {
        Self::build(world, Settings::default(), None, Bus::memory())
    }

    /// Starts it with a bus that is not the one in memory.
    pub(crate) fn over(world: &'w World, bus: Bus) -> Self {
        Self::build(world, Settings::default(), None, bus)
    }

    /// Starts it with something around the built-in provider.
    pub(crate) fn with(world: &'w World, wrap: impl Fn(BuiltIn) -> Arc<dyn Provider>) -> Self {
        Self::build(world, Settings::default(), Some(&wrap), Bus::memory())
    }

    /// Starts it with settings of its own.
    pub(crate) fn with_settings(world: &'w World, settings: Settings) -> Self {
        Self::build(world, settings, None, Bus::memory())
    }

    fn build(
        world: &'w World,
        settings: Settings,
        wrap: Option<&dyn Fn(BuiltIn) -> Arc<dyn Provider>>,
        bus: Bus,
    ) -> Self {
        let runtime = Runtime::new().unwrap();
        let (health, shutdown) = (Health::default(), Shutdown::new());
        let (database, service) = runtime.block_on(async {
            let database = Database::open(&world.database()).await.unwrap();
            let metrics = Metrics::default();
            let setup = Setup {
                database: database.clone(),
                bus: bus.clone(),
                auth: world.auth.layer(),
                cross_site: CrossSiteLayer::new(world.auth.cookies()),
                health: health.clone(),
                http_metrics: HttpMetrics::new(&metrics),
                metrics,
                shutdown: shutdown.clone(),
                settings,
                clock: world.clock.clone(),
            };
            let service = match wrap {
                None => PaymentsService::new(setup).await.unwrap(),
                Some(wrap) => {
                    let builtin = BuiltIn::open(&database, world.clock.clone()).await.unwrap();
                    PaymentsService::with_provider(setup, wrap(builtin)).await.unwrap()
                }
            };
            let recorder = Subscription::fan_out("recorder")
                .with_state(world.told.clone())
                .handle(on_created)
                .handle(on_failed)
                .handle(on_refunded)
                .ordered()
                .bind(&bus)
                .await
                .unwrap();
            tokio::spawn(recorder.run(std::future::pending()));
            (database, service)
        });
        let (router, rules) = (service.router(), service.rules());
        let running = runtime.spawn(service.run());
        Self { world, runtime, router, rules, database, bus, health, shutdown, running }
    }

    /// Ends at once: no task gets to its next line.
    pub(crate) fn crash(self) {
        self.runtime.shutdown_background();
    }

    pub(crate) fn publish(&self, event: &impl Event) {
        let publisher = Publisher::new("orders");
        self.runtime.block_on(publisher.publish(&self.bus, event)).unwrap();
    }

    /// An order that payments knows to be payable.
    pub(crate) fn awaiting_payment(&self) -> Order {
        let order = self.world.order();
        self.publish(&OrderAwaitingPayment { order: order.clone() });
        self.await_version(&order);
        order
    }

    /// Cancels an order, and waits until payments knows.
    pub(crate) fn cancel(&self, order: &Order) {
        let order = ended(order, OrderStatus::Cancelled);
        self.publish(&OrderCancelled { order: order.clone() });
        self.await_version(&order);
    }

    pub(crate) fn request_refund(&self, order: OrderId, payment_id: PaymentId) {
        let reason = "cancelled".to_owned();
        self.publish(&OrderRefundRequested { id: order, version: 3, payment_id, reason });
    }

    /// Waits until all events of an order were handled, by one that is parked: ends the order.
    #[track_caller]
    pub(crate) fn await_handled(&self, order: OrderId) {
        self.request_refund(order, PaymentId::new());
        let parked = self.bus.parked();
        eventually(|| {
            let list = self.runtime.block_on(parked.list("payments", None, 100)).unwrap();
            let of_it = |key: &str| key == order.to_string();
            if list.iter().any(|event| of_it(&event.envelope.key)) { Ok(()) } else { Err(list) }
        });
    }

    /// The version of a payment, which counts its steps.
    #[track_caller]
    pub(crate) fn version(&self, payment: PaymentId) -> i64 {
        self.number(&format!("select version from payments where id = '{payment}'")).unwrap()
    }

    #[track_caller]
    pub(crate) fn await_version(&self, order: &Order) {
        let select = format!("select version from orders where id = '{}'", order.id);
        eventually(|| match self.number(&select) {
            Some(version) if version == order.version => Ok(()),
            version => Err(version),
        });
    }

    /// Reads a number.
    pub(crate) fn number(&self, select: &str) -> Option<i64> {
        let query = sqlx::query(sqlx::AssertSqlSafe(select.to_owned()));
        let row = self.runtime.block_on(query.fetch_optional(self.database.reader())).unwrap();
        row.map(|row| row.get(0))
    }

    /// Changes the database behind the service's back.
    pub(crate) fn sabotage(&self, statement: &'static str) {
        self.runtime.block_on(async {
            let mut tx = self.database.begin().await.unwrap();
            sqlx::query(statement).execute(tx.conn()).await.unwrap();
            tx.commit().await.unwrap();
        });
    }

    pub(crate) fn charges(&self) -> i64 {
        self.number("select count(*) from builtin_charges where status = 'succeeded'").unwrap()
    }

    pub(crate) fn send(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(send(self.router.clone(), request))
    }

    pub(crate) fn pay(&self, order: OrderId, token: &str) -> Answer {
        self.send(self.paying(BUYER, order, token))
    }

    /// Pays, and returns the payment.
    #[track_caller]
    pub(crate) fn paid(&self, order: OrderId, token: &str) -> PaymentId {
        self.pay(order, token).expect(201)["id"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn paying(&self, user: &str, order: OrderId, token: &str) -> Request<Body> {
        let body = json!({ "orderId": order.to_string(), "token": token });
        self.post(user, "/api/payments", &body)
    }

    pub(crate) fn confirm(&self, user: &str, payment: &str) -> Answer {
        self.send(self.post(user, &format!("/api/payments/{payment}/confirm"), &json!({})))
    }

    pub(crate) fn post(&self, user: &str, path: &str, body: &Value) -> Request<Body> {
        Request::post(path)
            .header(header::COOKIE, self.world.auth.cookie(user))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap()
    }

    pub(crate) fn get(&self, user: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, self.world.auth.cookie(user));
        self.send(request.body(Body::empty()).unwrap())
    }

    /// The status of each payment of an order, newest first.
    #[track_caller]
    pub(crate) fn statuses(&self, order: OrderId) -> Vec<String> {
        let page = self.get(BUYER, &format!("/api/payments?orderId={order}")).expect(200);
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["status"].as_str().unwrap().to_owned()).collect()
    }

    #[track_caller]
    pub(crate) fn await_status(&self, order: OrderId, status: &str) {
        eventually(|| {
            let statuses = self.statuses(order);
            if statuses == [status] { Ok(()) } else { Err(statuses) }
        });
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code);
        assert_eq!(problem["service"], "payments");
        problem
    }
}

pub(crate) async fn send(router: Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().into();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

async fn on_created(event: PaymentCreated, meta: Meta, log: State<Log>) -> Handled {
    note(&log.0, Told { id: meta.id, subject: "created", payment: event.payment })
}

async fn on_failed(event: PaymentFailed, meta: Meta, log: State<Log>) -> Handled {
    note(&log.0, Told { id: meta.id, subject: "failed", payment: event.payment })
}

async fn on_refunded(event: PaymentRefunded, meta: Meta, log: State<Log>) -> Handled {
    note(&log.0, Told { id: meta.id, subject: "refunded", payment: event.payment })
}

fn note(log: &Log, told: Told) -> Handled {
    let mut log = log.lock().unwrap();
    if log.iter().all(|before| before.id != told.id) {
        log.push(told);
    }
    Ok(())
}
