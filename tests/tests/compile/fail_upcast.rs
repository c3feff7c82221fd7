use serde::{Deserialize, Serialize};
use ticketkit_events::Event;

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "id")]
struct OrderCreatedV1 {
    id: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 2, key = "id", upcast_from = OrderCreatedV1)]
struct NoFrom {
    id: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 3, key = "id", upcast_from = OrderCreatedV1)]
struct AGap {
    id: String,
}

impl From<OrderCreatedV1> for AGap {
    fn from(old: OrderCreatedV1) -> Self {
        Self { id: old.id }
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.cancelled", version = 2, key = "id", upcast_from = OrderCreatedV1)]
struct AnotherEvent {
    id: String,
}

impl From<OrderCreatedV1> for AnotherEvent {
    fn from(old: OrderCreatedV1) -> Self {
        Self { id: old.id }
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "id", upcast_from = OrderCreatedV1)]
struct NothingBefore {
    id: String,
}

fn main() {
    let _ = (AGap::OLDEST, AnotherEvent::OLDEST);
}
