//! The service with a database of its own, a bus in memory, and somebody who hears all it tells.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use ticketing_contracts::{
    Currency, OrderId, PaymentId, TicketId, Timestamp, UserId,
    order::{
        OrderAwaitingPayment, OrderCancelled, OrderCompleted, OrderCreated, OrderExpired,
        OrderRefundRequested, OrderRefunded,
    },
    payment::{Payment, PaymentCreated, PaymentStatus},
    ticket::{Ticket, TicketCreated, TicketReserved, TicketStatus},
};
use ticketing_orders::{OrdersService, Settings, Setup};
use ticketkit_auth::{
    CrossSiteLayer, ManualClock,
    testing::{TestAuth, user_id},
};
use ticketkit_core::chassis::{Health, HttpMetrics, Metrics, Shutdown};
use ticketkit_events::{
    Bus, Clock, Envelope, Event, HandlerError, Publisher, State, Subscription, sql::Database,
};
use tower::ServiceExt;

/// How long a hold lasts here.
pub(crate) const HOLD: Duration = Duration::from_secs(60);

type Heard = Arc<Mutex<Vec<Envelope>>>;

pub(crate) struct World {
    pub(crate) auth: TestAuth,
    /// The time of tokens.
    pub(crate) token_clock: ManualClock,
    pub(crate) clock: Clock,
    pub(crate) database: Database,
    pub(crate) shutdown: Shutdown,
    bus: Bus,
    others: Publisher,
    router: Router,
    heard: Heard,
    _dir: TempDir,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open_file(dir.path().join("orders.db")).await.unwrap();
        let token_clock = ManualClock::default();
        let auth = TestAuth::with_clock(token_clock.clock());
        let (bus, shutdown) = (Bus::memory(), Shutdown::new());
        let clock = Clock::manual(Timestamp::now());
        let metrics = Metrics::default();
        let service = OrdersService::new(Setup {
            database: database.clone(),
            bus: bus.clone(),
            auth: auth.layer(),
            cross_site: CrossSiteLayer::new(auth.cookies()),
            health: Health::default(),
            http_metrics: HttpMetrics::new(&metrics),
            metrics,
            shutdown: shutdown.clone(),
            settings: Settings { hold: HOLD, ..Settings::default() },
            clock: clock.clone(),
        })
        .await
        .unwrap();
        let router = service.router();
        let heard = listen(&bus, &shutdown).await;
        tokio::spawn(service.run());
        let others = Publisher::new("others").with_clock(clock.clone());
        Self { auth, token_clock, clock, database, shutdown, bus, others, router, heard, _dir: dir }
    }

    /// Sends a request as somebody, or as nobody.
    pub(crate) async fn send(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
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
        self.exchange(request.body(body).unwrap()).await
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

    /// Has the service hear of a new ticket.
    pub(crate) async fn offer(&self, seller: &str) -> Ticket {
        let ticket = self.offer_unsettled(seller).await;
        self.settle().await;
        ticket
    }

    /// Has the service hear of a new ticket some time.
    pub(crate) async fn offer_unsettled(&self, seller: &str) -> Ticket {
        let ticket = Ticket {
            id: TicketId::new(),
            version: 1,
            title: "A seat".to_owned(),
            price: 1999,
            currency: Currency::USD,
            user_id: user(seller),
            status: TicketStatus::Available,
            order_id: None,
        };
        self.tell_unsettled(&TicketCreated { ticket: ticket.clone() }).await;
        ticket
    }

    /// Waits until a ticket is known, and orders it.
    pub(crate) async fn await_orderable(&self, who: &str, ticket: &Ticket) {
        self.eventually(async || self.try_order(who, ticket.id).await.status == 201).await;
    }

    pub(crate) async fn await_status(&self, order: &Value, status: &str) {
        self.eventually(async || self.read(order).await["status"] == status).await;
    }

    async fn eventually(&self, holds: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds().await {
            assert!(Instant::now() < deadline, "it never came to hold");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Tries to order.
    pub(crate) async fn try_order(&self, who: &str, ticket: TicketId) -> Answer {
        self.send(who, "POST", "/api/orders", json!({"ticketId": ticket})).await
    }

    /// Orders a ticket.
    pub(crate) async fn order(&self, who: &str, ticket: &Ticket) -> Value {
        self.try_order(who, ticket.id).await.expect(201)
    }

    /// Orders a ticket and has the lock confirmed.
    pub(crate) async fn reserve(&self, who: &str, ticket: &Ticket) -> Value {
        let order = self.order(who, ticket).await;
        self.tell(TicketReserved { ticket: reserved(ticket, &order) }).await;
        self.read(&order).await
    }

    /// Orders a ticket and pays.
    pub(crate) async fn buy(&self, who: &str, ticket: &Ticket) -> (Value, PaymentId) {
        let order = self.reserve(who, ticket).await;
        let payment = payment(&order);
        self.tell(PaymentCreated { payment: payment.clone() }).await;
        (self.read(&order).await, payment.id)
    }

    /// Reads an order as an administrator.
    pub(crate) async fn read(&self, order: &Value) -> Value {
        self.get("admin", &path(order)).await.expect(200)
    }

    /// Fails unless the order is in this state.
    #[track_caller]
    pub(crate) fn expect_status<'a>(
        &'a self,
        order: &'a Value,
        status: &'a str,
    ) -> impl Future<Output = Value> + 'a {
        let place = std::panic::Location::caller();
        async move {
            let order = self.read(order).await;
            assert_eq!(order["status"], status, "at {place}: {order}");
            order
        }
    }

    pub(crate) async fn cancel(&self, who: &str, order: &Value) -> Answer {
        self.send(who, "DELETE", &path(order), Value::Null).await
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

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Fails unless it is this problem.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), &self.body["code"]), (status, &json!(code)), "{self:?}");
        assert_eq!(self.body["service"], "orders");
    }

    pub(crate) fn etag(&self) -> &str {
        self.headers["etag"].to_str().unwrap()
    }
}

pub(crate) fn path(order: &Value) -> String {
    format!("/api/orders/{}", order["id"].as_str().unwrap())
}

pub(crate) fn id(order: &Value) -> OrderId {
    order["id"].as_str().unwrap().parse().unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    user_id(name).parse().unwrap()
}

/// The ticket, locked for the order.
pub(crate) fn reserved(ticket: &Ticket, order: &Value) -> Ticket {
    Ticket {
        version: ticket.version + 1,
        status: TicketStatus::Reserved,
        order_id: Some(id(order)),
        ..ticket.clone()
    }
}

/// A payment for the order that succeeded.
pub(crate) fn payment(order: &Value) -> Payment {
    Payment {
        id: PaymentId::new(),
        version: 2,
        order_id: id(order),
        amount: order["ticket"]["price"].as_i64().unwrap(),
        currency: Currency::USD,
        status: PaymentStatus::Succeeded,
        provider_id: "ch_1".to_owned(),
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
