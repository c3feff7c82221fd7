use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ticketing_contracts::{
    Currency, PaymentId, TicketId,
    payment::PaymentCreated,
    ticket::{Ticket, TicketCreated, TicketReserved, TicketStatus},
};

use super::{Answer, World, path, payment, reserved, user};

/// What people and other services do.
impl World {
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

    pub(crate) async fn await_status(&self, order: &Value, status: &str) {
        self.eventually(async || self.read(order).await["status"] == status).await;
    }

    pub(crate) async fn eventually(&self, holds: impl AsyncFn() -> bool) {
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
}
