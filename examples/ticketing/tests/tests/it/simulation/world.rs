//! The market, and what people do in it.

use std::time::{Duration, Instant};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use ticketing_contracts::{
    Currency, PaymentId, Timestamp,
    payment::{Payment, PaymentCreated, PaymentStatus},
};
use ticketing_tests::dice::Dice;
use ticketkit_auth::testing::TestAuth;
use ticketkit_events::{
    Clock, Publisher,
    faults::{Faults, FaultyBus, Point},
    testing::TestBus,
};
use tower::ServiceExt;

use super::service::{Given, Kind, Service};

pub(super) const HOLD: Duration = Duration::from_secs(30);
/// Longer than anything takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(20);
const SELLER: &str = "seller@example.com";
const BUYERS: [&str; 3] = ["ada@example.com", "bob@example.com", "eve@example.com"];

pub(super) struct World {
    pub(super) test: TestBus,
    pub(super) tickets: Vec<Value>,
    pub(super) orders: Vec<Value>,
    pub(super) payments: Vec<Payment>,
    faulty: FaultyBus,
    given: Given,
    services: [Service; 2],
    dice: Dice,
    _dir: TempDir,
}

impl World {
    pub(super) async fn new(seed: u64) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let clock = Clock::manual(Timestamp::now());
        let test = TestBus::with_clock(clock.clone());
        let faulty = FaultyBus::new(test.bus(), seed);
        let given = Given { auth: TestAuth::new(), clock };
        let services = [
            Service::new(Kind::Tickets, &given, faulty.process("tickets"), &dir).await,
            Service::new(Kind::Orders, &given, faulty.process("orders"), &dir).await,
        ];
        Self {
            test,
            tickets: Vec::new(),
            orders: Vec::new(),
            payments: Vec::new(),
            faulty,
            given,
            services,
            dice: Dice::new(seed),
            _dir: dir,
        }
    }

    /// Has people trade while things go wrong.
    pub(super) async fn trade(&mut self, faults: Faults, steps: usize) {
        self.faulty.set(faults);
        for n in 0..3 {
            let ticket = json!({"title": format!("Seat {n}"), "price": 1000 + n});
            let (_, ticket) = self.ask(SELLER, "POST", "/api/tickets", ticket).await;
            self.tickets.push(ticket);
        }
        for _ in 0..steps {
            self.step().await;
            self.given.clock.advance(Duration::from_millis(self.dice.below(200)));
            tokio::time::sleep(Duration::from_millis(self.dice.below(6))).await;
            for service in &mut self.services {
                if service.process.died_at().is_some() {
                    service.restart(&self.given).await;
                }
            }
        }
    }

    async fn step(&mut self) {
        let buyer = BUYERS[usize::try_from(self.dice.below(3)).expect("one of three")];
        match self.dice.below(20) {
            0..9 => {
                let Some(ticket) = self.dice.pick(&self.tickets) else { return };
                let body = json!({"ticketId": ticket["id"]});
                let (status, order) = self.ask(buyer, "POST", "/api/orders", body).await;
                if status == StatusCode::CREATED {
                    self.orders.push(order);
                }
            }
            9..14 => self.pay().await,
            14..16 => {
                let Some(order) = self.dice.pick(&self.orders).cloned() else { return };
                let path = format!("/api/orders/{}", text(&order["id"]));
                for buyer in BUYERS {
                    self.ask(buyer, "DELETE", &path, Value::Null).await;
                }
            }
            16..18 => {
                let Some(ticket) = self.dice.pick(&self.tickets).cloned() else { return };
                let path = format!("/api/tickets/{}", text(&ticket["id"]));
                let body = json!({"title": "Another", "price": 1 + self.dice.below(5000)});
                self.ask(SELLER, "PUT", &path, body).await;
            }
            _ => {
                let which = usize::try_from(self.dice.below(2)).expect("one of two");
                let point = *self.dice.pick(&Point::ALL).expect("a point");
                let nth = u32::try_from(1 + self.dice.below(3)).expect("a small number");
                self.services[which].process.crash_at(point, nth);
            }
        }
    }

    /// Money comes, as the payments service tells: for any order, in any state.
    async fn pay(&mut self) {
        let Some(order) = self.dice.pick(&self.orders).cloned() else { return };
        let payment = Payment {
            id: PaymentId::new(),
            version: 2,
            order_id: text(&order["id"]).parse().expect("an id"),
            amount: order["ticket"]["price"].as_i64().expect("a price"),
            currency: Currency::USD,
            status: PaymentStatus::Succeeded,
            provider_id: "ch_1".to_owned(),
        };
        let publisher = Publisher::new("payments").with_clock(self.given.clock.clone());
        let event = PaymentCreated { payment: payment.clone() };
        publisher.publish(self.test.bus(), &event).await.expect("the inner bus takes all");
        self.payments.push(payment);
    }

    /// Ends the faults, and waits until all holds are over and everything has come to rest.
    pub(super) async fn heal(&mut self) {
        self.faulty.set(Faults::NONE);
        for service in &mut self.services {
            service.restart(&self.given).await;
        }
        self.rest().await;
        self.given.clock.advance(HOLD * 2);
        // The sweep ends what no timer has ended, some time after; if it does not, the check says so.
        let start = Instant::now();
        while !self.is_over().await && start.elapsed() < PATIENCE {
            self.given.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        self.rest().await;
    }

    /// Tells whether every order is paid or over.
    async fn is_over(&self) -> bool {
        for order in &self.orders {
            let path = format!("/api/orders/{}", text(&order["id"]));
            let (_, order) = self.ask("admin", "GET", &path, Value::Null).await;
            if matches!(text(&order["status"]), "created" | "awaiting_payment") {
                return false;
            }
        }
        true
    }

    async fn rest(&self) {
        let start = Instant::now();
        let (mut quiet, mut before) = (0, 0);
        while quiet < 5 {
            // What waits for its next try waits by this clock.
            self.given.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(3)).await;
            let stats = self.test.bus().subscriptions().await.expect("figures");
            let unhandled: u64 = stats.iter().map(|stats| stats.pending).sum();
            let mut unsent = 0;
            for service in &self.services {
                unsent += service.database.outbox_stats().await.expect("figures").pending;
            }
            let told = self.test.envelopes().len();
            quiet = if unhandled + unsent == 0 && told == before { quiet + 1 } else { 0 };
            before = told;
            assert!(
                start.elapsed() < PATIENCE * 3,
                "no rest: {unhandled} unhandled, {unsent} unsent, {stats:?}"
            );
        }
    }

    /// Sends a request, which must not fail of a bug.
    pub(super) async fn ask(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let auth = &self.given.auth;
        let cookie = match who {
            "admin" => auth.cookie_for(&auth.grant("admin@example.com").role("admin")),
            who => auth.cookie(who),
        };
        let request = Request::builder().method(method).uri(path).header("cookie", cookie);
        let request = request.header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let service = &self.services[usize::from(path.starts_with("/api/orders"))];
        let request = request.body(body).expect("a request");
        let response = service.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        assert!(!status.is_server_error(), "{method} {path}: {status} {body}");
        (status, body)
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
