//! What people do on the market. Where one service has to learn of another's news first, these
//! try again, as the contract asks of a client.

use serde_json::{Value, json};

use crate::http::{Request, Response};
use crate::person::{Person, text};
use crate::wait::{SOON, eventually};

impl Person {
    /// Offers a ticket.
    #[track_caller]
    pub fn sell(&self, title: &str, price: i64) -> Value {
        self.post("/api/tickets", &json!({"title": title, "price": price})).expect(201).json()
    }

    /// One attempt to order.
    #[track_caller]
    pub fn try_order(&self, ticket: &Value) -> Response {
        self.post("/api/orders", &json!({"ticketId": ticket["id"]}))
    }

    /// What the order is answered with once the orders service has heard of the ticket.
    #[track_caller]
    pub fn order_answer(&self, ticket: &Value) -> Response {
        eventually("the orders service to know the ticket", SOON, || {
            let response = self.try_order(ticket);
            if response.status() == 404 { Err(response) } else { Ok(response) }
        })
    }

    /// Orders a ticket, also one that has to become free first.
    #[track_caller]
    pub fn order(&self, ticket: &Value) -> Value {
        eventually("an order", SOON, || {
            let response = self.try_order(ticket);
            match response.status() {
                404 | 409 => Err(response),
                _ => Ok(response),
            }
        })
        .expect(201)
        .json()
    }

    /// Orders a ticket and waits until the lock is confirmed.
    #[track_caller]
    pub fn reserve(&self, ticket: &Value) -> Value {
        let order = self.order(ticket);
        self.await_order(&order, "awaiting_payment")
    }

    /// One attempt to pay.
    #[track_caller]
    pub fn try_pay(&self, order: &Value, token: &str) -> Response {
        self.post("/api/payments", &json!({"orderId": order["id"], "token": token}))
    }

    /// What the payment is answered with once the payments service has heard of the order.
    #[track_caller]
    pub fn pay(&self, order: &Value, token: &str) -> Response {
        self.pay_with(order, token, &[])
    }

    /// As [`pay`](Self::pay), with headers.
    #[track_caller]
    pub fn pay_with(&self, order: &Value, token: &str, headers: &[(&str, &str)]) -> Response {
        let body = json!({"orderId": order["id"], "token": token});
        eventually("the payments service to know the order", SOON, || {
            let mut request = Request::post("/api/payments").json(&body);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let response = self.send(request);
            if response.status() == 404 { Err(response) } else { Ok(response) }
        })
    }

    /// Orders and pays, and waits for `complete`.
    #[track_caller]
    pub fn buy(&self, ticket: &Value) -> Value {
        let order = self.reserve(ticket);
        let payment = self.pay(&order, "pm_card_visa").expect(201).json();
        assert_eq!(payment["status"], "succeeded");
        self.await_order(&order, "complete")
    }

    /// Waits until the order is in this state.
    #[track_caller]
    pub fn await_order(&self, order: &Value, status: &str) -> Value {
        self.await_status(&order_path(order), status)
    }

    /// Waits until the ticket is in this state.
    #[track_caller]
    pub fn await_ticket(&self, ticket: &Value, status: &str) -> Value {
        self.await_status(&ticket_path(ticket), status)
    }

    /// Waits until the only payment of the order is in this state.
    #[track_caller]
    pub fn await_payment(&self, order: &Value, status: &str) -> Value {
        eventually(&format!("a payment to be {status}"), SOON, || {
            let payments = self.payments(order);
            match payments.as_slice() {
                [payment] if payment["status"] == status => Ok(payment.clone()),
                _ => Err(payments),
            }
        })
    }

    /// The payments of an order, newest first.
    #[track_caller]
    pub fn payments(&self, order: &Value) -> Vec<Value> {
        let target = format!("/api/payments?orderId={}", text(order, "id"));
        items(&self.get(target).expect(200).json())
    }

    #[track_caller]
    fn await_status(&self, path: &str, status: &str) -> Value {
        eventually(&format!("{path} to be {status}"), SOON, || {
            let document = self.get(path).expect(200).json();
            if document["status"] == status { Ok(document) } else { Err(document) }
        })
    }
}

/// The path of an order.
#[track_caller]
#[must_use]
pub fn order_path(order: &Value) -> String {
    format!("/api/orders/{}", text(order, "id"))
}

/// The path of a ticket.
#[track_caller]
#[must_use]
pub fn ticket_path(ticket: &Value) -> String {
    format!("/api/tickets/{}", text(ticket, "id"))
}

/// The items of a page.
#[track_caller]
#[must_use]
pub fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap_or_else(|| panic!("no items in {page}")).clone()
}
