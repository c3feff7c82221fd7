use serde_json::Value;
use ticketing_contracts::{
    Currency, OrderId, PaymentId, UserId,
    payment::{Payment, PaymentStatus},
    ticket::{Ticket, TicketStatus},
};
use ticketkit_auth::testing::user_id;

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
