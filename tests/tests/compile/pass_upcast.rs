use serde::{Deserialize, Serialize};
use ticketkit_events::Event;

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "id")]
struct V1 {
    id: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 2, key = "id", upcast_from = V1)]
struct V2 {
    id: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 3, key = "id", upcast_from = V2)]
struct V3 {
    id: String,
}

impl From<V1> for V2 {
    fn from(old: V1) -> Self {
        Self { id: old.id.into() }
    }
}

impl From<V2> for V3 {
    fn from(old: V2) -> Self {
        Self { id: old.id.to_string() }
    }
}

fn main() {
    assert_eq!((V1::OLDEST, V2::OLDEST, V3::OLDEST), (1, 1, 1));
    assert_eq!(V3::read(1, r#"{"id": 7}"#).unwrap().id, "7");
    assert_eq!(V3::read(3, r#"{"id": "7"}"#).unwrap().id, "7");
    assert!(V3::read(2, r#"{"id": "7"}"#).is_err());
}
