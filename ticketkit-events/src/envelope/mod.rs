//! An event on its way: the attributes of CloudEvents 1.0 and the data.
//!
//! [`Envelope`] is what engines carry and what the outbox stores. Its serde form
//! is the structured mode of CloudEvents in JSON:
//!
//! ```
//! # use serde::{Deserialize, Serialize};
//! # use ticketkit_events::{Causation, Envelope, Event, Timestamp};
//! # #[derive(Serialize, Deserialize, Event)]
//! # #[event(subject = "order.created", version = 1, key = "id")]
//! # struct OrderCreated { id: String }
//! let event = OrderCreated { id: "42".into() };
//! let envelope = Envelope::new("orders", &event, Timestamp::EPOCH, Causation::default())?;
//! let json = serde_json::to_value(&envelope)?;
//! assert_eq!(json["type"], "order.created");
//! assert_eq!(json["source"], "/orders");
//! assert_eq!(json["subject"], "42");
//! assert_eq!(json["data"]["id"], "42");
//! # Ok::<(), serde_json::Error>(())
//! ```

mod cloudevents;
mod id;

use crate::{Event, Timestamp};

pub use self::id::{EventId, ParseEventIdError};

/// An event with its CloudEvents attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The id, the same through retries and redrives.
    pub id: EventId,
    /// The subject of the event's type, such as `order.created` (CloudEvents `type`).
    pub kind: String,
    /// Who published it, such as `/orders`.
    pub source: String,
    /// When it happened.
    pub time: Timestamp,
    /// The ordering key (CloudEvents `subject`).
    pub key: String,
    /// The version of the data's schema, from 1.
    pub version: u32,
    /// What caused it, and the trace that it belongs to.
    pub causation: Causation,
    /// The data: a JSON document.
    pub data: String,
}

impl Envelope {
    /// Wraps an event that happened at `time` in the service `source`.
    ///
    /// Without a correlation id the event begins its own chain: its id is it.
    ///
    /// # Errors
    ///
    /// If the event cannot be written as JSON.
    pub fn new<E: Event>(
        source: &str,
        event: &E,
        time: Timestamp,
        mut causation: Causation,
    ) -> Result<Self, serde_json::Error> {
        let id = EventId::new();
        causation.correlation_id.get_or_insert_with(|| id.to_string());
        Ok(Self {
            id,
            kind: E::SUBJECT.to_owned(),
            source: format!("/{}", source.trim_start_matches('/')),
            time,
            key: event.key().into_owned(),
            version: E::VERSION,
            causation,
            data: serde_json::to_string(event)?,
        })
    }

    /// Reads the data as an event of type `E`.
    ///
    /// # Errors
    ///
    /// If the type or the version is another one, or the data does not decode.
    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        if self.kind != E::SUBJECT {
            return Err(DecodeError::Type { found: self.kind.clone(), expected: E::SUBJECT });
        }
        if self.version != E::VERSION {
            return Err(DecodeError::Version {
                kind: E::SUBJECT,
                found: self.version,
                expected: E::VERSION,
            });
        }
        serde_json::from_str(&self.data)
            .map_err(|source| DecodeError::Data { kind: E::SUBJECT, source })
    }
}

/// What caused an event, and the trace that it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causation {
    /// The request or event that began the chain.
    pub correlation_id: Option<String>,
    /// The event that caused this one.
    pub causation_id: Option<String>,
    /// The W3C trace context.
    pub traceparent: Option<String>,
    /// The vendors' part of the trace context.
    pub tracestate: Option<String>,
}

impl Causation {
    /// Returns the causation of what a request or job with this id begins.
    pub fn correlated(correlation_id: impl Into<String>) -> Self {
        Self { correlation_id: Some(correlation_id.into()), ..Self::default() }
    }

    /// Returns the causation of what follows from `envelope`.
    #[must_use]
    pub fn by(envelope: &Envelope) -> Self {
        Self { causation_id: Some(envelope.id.to_string()), ..envelope.causation.clone() }
    }
}

/// Why an [`Envelope`] could not be read as an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is of another type.
    #[error("the event is a {found:?}, not a {expected:?}")]
    Type {
        /// The type of the event.
        found: String,
        /// The type that was asked for.
        expected: &'static str,
    },
    /// Its data has a version that is not known here.
    #[error("{kind} has version {found}, known is version {expected}")]
    Version {
        /// The type of the event.
        kind: &'static str,
        /// The version of the event.
        found: u32,
        /// The version that is known.
        expected: u32,
    },
    /// Its data does not decode.
    #[error("the data of {kind} does not decode")]
    Data {
        /// The type of the event.
        kind: &'static str,
        /// What is wrong with the data.
        source: serde_json::Error,
    },
}
