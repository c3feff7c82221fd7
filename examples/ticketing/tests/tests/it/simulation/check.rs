//! What must hold when everything has come to rest.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use ticketing_contracts::order::{OrderCompleted, OrderRefundRequested};

use super::world::{World, text};

/// Returns what does not hold.
pub(super) async fn violations(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let parked = world.test.parked().await;
    // A payment for an order that the service cannot know would be parked: there are none.
    found.extend(parked.iter().map(|p| format!("parked: {} {}", p.envelope.kind, p.error)));
    let mut orders = Vec::new();
    for order in &world.orders {
        let path = format!("/api/orders/{}", text(&order["id"]));
        orders.push(world.ask("admin", "GET", &path, Value::Null).await.1);
    }
    ended(&orders, &mut found);
    tickets(world, &orders, &mut found).await;
    money(world, &mut found);
    once(world, &mut found);
    found
}

/// Every hold is over: an order is paid or over.
fn ended(orders: &[Value], found: &mut Vec<String>) {
    for order in orders {
        let status = text(&order["status"]);
        if !matches!(status, "complete" | "cancelled" | "expired") {
            found.push(format!("the order {} is still {status}", order["id"]));
        }
    }
}

/// A ticket is sold to the one order that is complete, or to nobody and then it is free.
async fn tickets(world: &World, orders: &[Value], found: &mut Vec<String>) {
    for ticket in &world.tickets {
        let id = &ticket["id"];
        let path = format!("/api/tickets/{}", text(id));
        let (_, ticket) = world.ask("admin", "GET", &path, Value::Null).await;
        let buyers: Vec<_> = orders
            .iter()
            .filter(|order| order["ticket"]["id"] == *id && order["status"] == "complete")
            .collect();
        let state = (text(&ticket["status"]), &ticket["orderId"]);
        match buyers.as_slice() {
            [] if state == ("available", &Value::Null) => {}
            [order] if state == ("sold", &order["id"]) => {}
            buyers => found.push(format!("the ticket is {ticket}, and complete are {buyers:?}")),
        }
    }
}

/// Every payment completed its order or goes back.
fn money(world: &World, found: &mut Vec<String>) {
    let completed = world.test.published::<OrderCompleted>();
    let refunds = world.test.published::<OrderRefundRequested>();
    for payment in &world.payments {
        let kept = completed.iter().any(|event| event.order.payment_id == Some(payment.id));
        let back = refunds.iter().any(|event| event.payment_id == payment.id);
        if kept == back {
            found.push(format!("the payment {} is kept: {kept}, goes back: {back}", payment.id));
        }
    }
}

/// Each version of each thing was made once: an event that came twice did nothing the second time.
fn once(world: &World, found: &mut Vec<String>) {
    let mut made: BTreeMap<(String, String, i64), HashMap<String, String>> = BTreeMap::new();
    for envelope in world.test.envelopes() {
        let data: Value = serde_json::from_str(&envelope.data).expect("JSON");
        let owner = envelope.kind.split('.').next().unwrap_or_default().to_owned();
        // These tell of a version that another event has made.
        let repeats = ["ticket.reservation_rejected", "order.refund_requested"];
        if let (Some(version), false) =
            (data["version"].as_i64(), repeats.contains(&envelope.kind.as_str()))
            && owner != "payment"
        {
            let place = made.entry((owner, envelope.key.clone(), version)).or_default();
            place.insert(envelope.id.to_string(), envelope.kind.clone());
        }
    }
    for (what, events) in made.iter().filter(|(_, events)| events.len() > 1) {
        found.push(format!("{what:?} was made by several events: {events:?}"));
    }
}
