use serde::{Deserialize, Serialize};
use ticketkit_events::Event;

#[derive(Serialize, Deserialize, Event)]
struct NoAttribute {
    id: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1)]
struct NoKey {
    id: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "ident")]
struct UnknownField {
    id: String,
    price: i64,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "OrderCreated", version = 1, key = "id")]
struct BadSubject {
    id: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 0, key = "id")]
struct BadVersion {
    id: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "id", topic = "orders")]
struct UnknownAttribute {
    id: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "id")]
enum NoStruct {
    A { id: String },
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "ids")]
struct KeyIsNoText {
    ids: Vec<String>,
}

fn main() {}
