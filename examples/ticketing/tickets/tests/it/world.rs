//! The service with a database of its own, a bus in memory, and somebody who hears all it tells.

use std::{
    any::Any,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use serde_json::{Value, json};
use ticketing_contracts::{
    OrderId, Timestamp, UserId,
    order::{Order, OrderCreated, OrderStatus, OrderedTicket},
    ticket::{
        Ticket, TicketCreated, TicketReleased, TicketReservationRejected, TicketReserved,
        TicketSold, TicketUpdated, TicketWithdrawn,
    },
};
use ticketing_tests::Place;
use ticketing_tickets::{Settings, Setup, TicketsService};
use ticketkit_auth::{
    CrossSiteLayer,
    axum::Rule,
    testing::{TestAuth, user_id},
};
use ticketkit_core::chassis::{Health, HttpMetrics, Metrics, Shutdown};
use ticketkit_events::{
    Bus, Clock, Envelope, Event, HandlerError, Publisher, State, Subscription, sql::Database,
};
use ticketkit_servers::Postgres;
use tower::ServiceExt;

type Heard = Arc<Mutex<Vec<Envelope>>>;

pub(crate) struct World {
    pub(crate) auth: TestAuth,
    pub(crate) clock: Clock,
    bus: Bus,
    pub(crate) database: Database,
    orders: Publisher,
    router: Router,
    /// Whom each route serves.
    pub(crate) rules: Vec<Rule>,
    heard: Heard,
    shutdown: Shutdown,
    /// What is gone with the world.
    _place: Box<dyn Any + Send + Sync>,
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
        let place = Place::new();
        let database = Database::open(&place.url("tickets")).await.unwrap();
        Self::on(database, Box::new(place)).await
    }

    /// The same on PostgreSQL, where transactions run beside each other.
    pub(crate) async fn on_postgres() -> Self {
        let server = Postgres::start().unwrap();
        let database = Database::open(&server.database("tickets")).await.unwrap();
        Self::on(database, Box::new(server)).await
    }

    async fn on(database: Database, place: Box<dyn Any + Send + Sync>) -> Self {
        let (auth, bus, shutdown) = (TestAuth::new(), Bus::memory(), Shutdown::new());
        let clock = Clock::manual(Timestamp::now());
        let metrics = Metrics::default();
        let service = TicketsService::new(Setup {
            database: database.clone(),
            bus: bus.clone(),
            auth: auth.layer(),
            cross_site: CrossSiteLayer::new(auth.cookies()),
            health: Health::default(),
            http_metrics: HttpMetrics::new(&metrics),
            metrics,
            shutdown: shutdown.clone(),
            settings: Settings::default(),
            clock: clock.clone(),
        })
        .await
        .unwrap();
        let (router, rules) = (service.router(), service.rules());
        let heard = listen(&bus, &shutdown).await;
        tokio::spawn(service.run());
        let orders = Publisher::new("orders").with_clock(clock.clone());
        Self { auth, clock, bus, database, orders, router, rules, heard, shutdown, _place: place }
    }

    /// Changes the database behind the service's back.
    pub(crate) async fn sabotage(&self, statement: &'static str) {
        let mut tx = self.database.begin().await.unwrap();
        sqlx::query(statement).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
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
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", path, Value::Null).await
    }

    /// Puts a ticket on sale.
    pub(crate) async fn sell(&self, who: &str, title: &str, price: i64) -> Value {
        let body = json!({"title": title, "price": price});
        self.send(who, "POST", "/api/tickets", body).await.expect(201)
    }

    /// Reads a ticket as its seller does.
    pub(crate) async fn ticket(&self, seller: &str, ticket: &Value) -> Value {
        self.get(seller, &path(ticket)).await.expect(200)
    }

    pub(crate) async fn await_status(&self, ticket: &Value, status: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.ticket("", ticket).await["status"] != status {
            assert!(Instant::now() < deadline, "{ticket} never is {status}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Publishes an event of another service and waits until all that follows has happened.
    pub(crate) async fn tell<E: Event>(&self, event: E) {
        self.tell_unsettled(&event).await;
        self.settle().await;
    }

    pub(crate) async fn tell_unsettled<E: Event>(&self, event: &E) {
        self.orders.publish(&self.bus, event).await.unwrap();
    }

    /// Locks a ticket for an order of `buyer`.
    pub(crate) async fn reserve(&self, ticket: &Value, buyer: &str) -> Order {
        let order = order(ticket, buyer);
        self.tell(OrderCreated { order: order.clone() }).await;
        order
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

    /// Returns the kinds of all events about a ticket so far, and the versions that they carry.
    pub(crate) async fn told(&self, ticket: &Value) -> Vec<(String, i64)> {
        self.settle().await;
        let heard = self.heard.lock().unwrap();
        let about = heard.iter().filter(|envelope| envelope.key == ticket["id"]);
        about
            .map(|envelope| {
                let data: Value = serde_json::from_str(&envelope.data).unwrap();
                (envelope.kind.clone(), data["version"].as_i64().unwrap())
            })
            .collect()
    }

    /// Returns the last event of a type.
    pub(crate) async fn last<E: Event>(&self) -> E {
        self.settle().await;
        let heard = self.heard.lock().unwrap();
        let envelope = heard.iter().rfind(|envelope| envelope.kind == E::SUBJECT);
        envelope.expect(E::SUBJECT).decode().unwrap()
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
        assert_eq!(self.body["service"], "tickets");
    }

    pub(crate) fn etag(&self) -> &str {
        self.headers["etag"].to_str().unwrap()
    }
}

pub(crate) fn path(ticket: &Value) -> String {
    format!("/api/tickets/{}", ticket["id"].as_str().unwrap())
}

pub(crate) fn user(name: &str) -> UserId {
    user_id(name).parse().unwrap()
}

/// An order of the ticket as it is shown.
pub(crate) fn order(ticket: &Value, buyer: &str) -> Order {
    let ticket: Ticket = serde_json::from_value(ticket.clone()).unwrap();
    Order {
        id: OrderId::new(),
        version: 1,
        user_id: user(buyer),
        status: OrderStatus::Created,
        reason: None,
        expires_at: Timestamp::now() + Duration::from_secs(900),
        ticket: OrderedTicket {
            id: ticket.id,
            version: ticket.version,
            title: ticket.title,
            price: ticket.price,
            currency: ticket.currency,
        },
        payment_id: None,
    }
}

/// The order after its next change.
pub(crate) fn next(order: &Order, status: OrderStatus) -> Order {
    Order { version: order.version + 1, status, ..order.clone() }
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
        .handle(hear::<TicketCreated>)
        .handle(hear::<TicketUpdated>)
        .handle(hear::<TicketWithdrawn>)
        .handle(hear::<TicketReserved>)
        .handle(hear::<TicketReservationRejected>)
        .handle(hear::<TicketReleased>)
        .handle(hear::<TicketSold>)
        .ordered()
        .bind(bus)
        .await
        .unwrap();
    let shutdown = shutdown.clone();
    tokio::spawn(async move { runner.run(shutdown.requested()).await });
    heard
}
