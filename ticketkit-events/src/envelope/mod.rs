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

use ticketkit_core::trace::TraceContext;

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
            data: write(event)?,
        })
    }

    /// Reads the data as an event of type `E`; an older version is upcast.
    ///
    /// # Errors
    ///
    /// If the type is another one, if the version is newer than `E` or older than what `E` is
    /// upcast from, or if the data does not decode.
    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        if self.kind != E::SUBJECT {
            return Err(DecodeError::Type { found: self.kind.clone(), expected: E::SUBJECT });
        }
        let (oldest, newest) = (E::OLDEST, E::VERSION);
        if self.version > newest {
            return Err(DecodeError::Newer { kind: E::SUBJECT, found: self.version, newest });
        }
        if self.version < oldest {
            return Err(DecodeError::Older { kind: E::SUBJECT, found: self.version, oldest });
        }
        E::read(self.version, &self.data).map_err(|source| DecodeError::Data {
            kind: E::SUBJECT,
            version: self.version,
            source,
        })
    }
}

/// Writes an event as JSON, in as much memory as that needs.
fn write<E: Event>(event: &E) -> Result<String, serde_json::Error> {
    // Most events fit, so that the text is not grown step by step; and glibc keeps no quick list of
    // blocks that are larger.
    const ROOM: usize = 1_000;
    let mut json = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut json, event)?;
    std::str::from_utf8(&json).map(str::to_owned).map_err(serde::ser::Error::custom)
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

    /// Puts in the trace that the caller works in, that of a request or of a handler, unless another
    /// one was given.
    ///
    /// A publisher does so when an event is wrapped: it is for what is wrapped elsewhere, such as in a
    /// task that several requests share.
    #[must_use]
    pub fn in_current_trace(mut self) -> Self {
        self.continue_trace();
        self
    }

    pub(crate) fn continue_trace(&mut self) {
        let given = self.trace().map(|given| given.trace_id());
        let current = TraceContext::current();
        let fits = |current: &TraceContext| given.is_none_or(|given| given == current.trace_id());
        if let Some(context) = current.filter(fits) {
            self.traceparent = Some(context.traceparent());
            self.tracestate = context.tracestate().map(str::to_owned);
        }
    }

    /// Returns the trace that it belongs to, if it is a valid one.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        TraceContext::parse(self.traceparent.as_deref()?, self.tracestate.as_deref())
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
    /// Its version is newer than this program.
    #[error(
        "{kind} has version {found}, and this program knows up to version {newest}: deploy one that \
         knows it, then redrive the event"
    )]
    Newer {
        /// The type of the event.
        kind: &'static str,
        /// The version of the event.
        found: u32,
        /// The newest version that is known.
        newest: u32,
    },
    /// Its version is older than what the type is upcast from.
    #[error("{kind} has version {found}, and this program knows no version before {oldest}")]
    Older {
        /// The type of the event.
        kind: &'static str,
        /// The version of the event.
        found: u32,
        /// The oldest version that is known.
        oldest: u32,
    },
    /// Its data does not decode.
    #[error("the data of {kind} does not decode as version {version}")]
    Data {
        /// The type of the event.
        kind: &'static str,
        /// The version of the event.
        version: u32,
        /// What is wrong with the data.
        source: serde_json::Error,
    },
}
