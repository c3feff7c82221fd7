//! What a feed reads of an event: its proof, and nothing that could fail.

use std::{borrow::Cow, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap as _};
use ticketkit_events::Event;

/// The proof of an event of the type `E`.
///
/// Any JSON is one, also what the type itself would refuse: whoever can write to the broker must not
/// be able to have events parked, and with them operators kept busy.
pub(super) struct Proof<E>(pub(super) String, PhantomData<fn() -> E>);

impl<'de, E> Deserialize<'de> for Proof<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data = serde_json::Value::deserialize(deserializer)?;
        let proof = data.get("proof").and_then(|proof| proof.as_str()).unwrap_or_default();
        Ok(Self(proof.to_owned(), PhantomData))
    }
}

impl<E> Serialize for Proof<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("proof", &self.0)?;
        map.end()
    }
}

impl<E: Event> Event for Proof<E> {
    const SUBJECT: &'static str = E::SUBJECT;
    const VERSION: u32 = E::VERSION;

    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed("revocations")
    }
}
