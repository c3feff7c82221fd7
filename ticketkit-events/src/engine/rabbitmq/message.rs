//! An event as an AMQP message: the binary mode of CloudEvents 1.0.
//!
//! The attributes are headers `cloudEvents:*`, the data is the body. What the engine
//! notes about a message that failed are headers `ticketkit-*`.

use std::borrow::Cow;

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use uuid::Uuid;

use crate::{Causation, Envelope, EventId, Timestamp};

const ID: &str = "cloudEvents:id";
const TYPE: &str = "cloudEvents:type";
const SOURCE: &str = "cloudEvents:source";
const TIME: &str = "cloudEvents:time";
const SUBJECT: &str = "cloudEvents:subject";
const DATA_VERSION: &str = "cloudEvents:dataversion";
const CORRELATION_ID: &str = "cloudEvents:correlationid";
const CAUSATION_ID: &str = "cloudEvents:causationid";
const TRACEPARENT: &str = "cloudEvents:traceparent";
const TRACESTATE: &str = "cloudEvents:tracestate";

/// Failures that were counted so far.
pub(super) const FAILURES: &str = "ticketkit-failures";
/// What went wrong the last time.
pub(super) const ERROR: &str = "ticketkit-error";
/// When it was parked, RFC 3339.
pub(super) const PARKED_AT: &str = "ticketkit-parked-at";
/// Its place among the parked events of its subscription; rises.
pub(super) const PLACE: &str = "ticketkit-place";
/// The queue that it failed in.
pub(super) const QUEUE: &str = "ticketkit-queue";
/// Of a parked event of an ordered subscription: it is to be handled now.
pub(super) const REDRIVEN: &str = "ticketkit-redriven";
/// Milliseconds to wait after the present wait queue.
pub(super) const WAIT_LEFT: &str = "ticketkit-wait-left";
/// Which queue of an ordered subscription it goes to.
pub(super) const PARTITION: &str = "ticketkit-partition";
/// Not an event: parked events of the subscription were redriven or discarded.
pub(super) const WAKE: &str = "ticketkit-wake";

/// A message that arrived.
#[derive(Debug)]
pub(super) struct Received {
    /// Boxed, since they are large and handed on several times.
    pub(super) properties: Box<BasicProperties>,
    pub(super) body: Vec<u8>,
}

/// Writes the properties of an event's message.
pub(super) fn properties(event: &Envelope, partitions: u8) -> BasicProperties {
    let mut headers = FieldTable::default();
    let mut text = |name: &'static str, value: &str| {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    let mut buffer = Uuid::encode_buffer();
    let id: &str = event.id.as_uuid().hyphenated().encode_lower(&mut buffer);
    text("cloudEvents:specversion", "1.0");
    text(ID, id);
    text(TYPE, &event.kind);
    text(SOURCE, &event.source);
    text(TIME, &event.time.to_string());
    text(SUBJECT, &event.key);
    let causation = &event.causation;
    for (name, value) in [
        (CORRELATION_ID, &causation.correlation_id),
        (CAUSATION_ID, &causation.causation_id),
        (TRACEPARENT, &causation.traceparent),
        (TRACESTATE, &causation.tracestate),
    ] {
        if let Some(value) = value {
            text(name, value);
        }
    }
    let version = AMQPValue::LongInt(i32::try_from(event.version).unwrap_or(i32::MAX));
    headers.insert(DATA_VERSION.into(), version);
    let partition = self::partition(crate::partition::partition(&event.key, partitions));
    headers.insert(PARTITION.into(), partition);
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(2)
        .with_message_id(short(id))
        .with_headers(headers);
    match u64::try_from(event.time.as_millis() / 1000) {
        Ok(seconds) => properties.with_timestamp(seconds),
        Err(_) => properties,
    }
}

/// Makes a short string of a text that is short; a longer one is cut.
fn short(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_else(|_| ShortString::from(""))
}

impl Received {
    /// Reads the event, or says what is wrong with it; an event takes the body along.
    pub(super) fn take_event(&mut self) -> Result<Envelope, String> {
        let mut event = self.attributes()?;
        event.data = String::from_utf8(std::mem::take(&mut self.body)).map_err(|error| {
            self.body = error.into_bytes();
            "the body of the message is not UTF-8".to_owned()
        })?;
        Ok(event)
    }

    fn attributes(&self) -> Result<Envelope, String> {
        let attributes = self.properties.headers().as_ref().map(Attributes::of).unwrap_or_default();
        let parsed = |name: &str, text: &str| format!("the header {name:?} is {text:?}");
        let text = |value: Option<&AMQPValue>| Some(text_of(value?)?.into_owned());
        let id = need(ID, attributes.id)?;
        let time = need(TIME, attributes.time)?;
        Ok(Envelope {
            id: id.parse().map_err(|_| parsed(ID, &id))?,
            kind: need(TYPE, attributes.kind)?.into_owned(),
            source: need(SOURCE, attributes.source)?.into_owned(),
            time: time.parse().map_err(|_| parsed(TIME, &time))?,
            key: text(attributes.subject).unwrap_or_default(),
            version: attributes
                .version
                .and_then(number_of)
                .and_then(|version| u32::try_from(version).ok())
                .unwrap_or(1),
            causation: Causation {
                correlation_id: text(attributes.correlation_id),
                causation_id: text(attributes.causation_id),
                traceparent: text(attributes.traceparent),
                tracestate: text(attributes.tracestate),
            },
            data: String::new(),
        })
    }

    /// Reads as much of an event as there is, for the list of parked ones.
    pub(super) fn event_or_remains(&self) -> Envelope {
        let whole = self.attributes().and_then(|event| {
            let data = String::from_utf8(self.body.clone()).map_err(|error| error.to_string())?;
            Ok(Envelope { data, ..event })
        });
        whole.unwrap_or_else(|_| {
            let message_id = self.properties.message_id().as_ref().map(ToString::to_string);
            let id = self.text(ID).or(message_id);
            Envelope {
                id: id.and_then(|id| id.parse().ok()).unwrap_or_else(|| EventId::from(Uuid::nil())),
                kind: self.text(TYPE).unwrap_or_default(),
                source: self.text(SOURCE).unwrap_or_default(),
                time: Timestamp::EPOCH,
                key: self.text(SUBJECT).unwrap_or_default(),
                version: 0,
                causation: Causation::default(),
                data: String::from_utf8_lossy(&self.body).into_owned(),
            }
        })
    }

    fn header(&self, name: &str) -> Option<&AMQPValue> {
        self.properties.headers().as_ref()?.inner().get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.header(name).is_some()
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        text_of(self.header(name)?).map(Cow::into_owned)
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        number_of(self.header(name)?)
    }

    /// Returns what the broker wrote when it gave the message up itself: why, in
    /// which queue, and when in seconds.
    pub(super) fn death(&self) -> Option<(String, String, u64)> {
        let AMQPValue::FieldArray(deaths) = self.header("x-death")? else { return None };
        let AMQPValue::FieldTable(death) = deaths.as_slice().first()? else { return None };
        let text = |name: &str| match death.inner().get(name)? {
            AMQPValue::LongString(text) => {
                Some(String::from_utf8_lossy(text.as_bytes()).into_owned())
            }
            _ => None,
        };
        let time = match death.inner().get("time") {
            Some(AMQPValue::Timestamp(seconds)) => *seconds,
            _ => 0,
        };
        Some((text("reason")?, text("queue")?, time))
    }
}

/// The headers of an event, found in one pass.
#[derive(Default)]
struct Attributes<'a> {
    id: Option<&'a AMQPValue>,
    kind: Option<&'a AMQPValue>,
    source: Option<&'a AMQPValue>,
    time: Option<&'a AMQPValue>,
    subject: Option<&'a AMQPValue>,
    version: Option<&'a AMQPValue>,
    correlation_id: Option<&'a AMQPValue>,
    causation_id: Option<&'a AMQPValue>,
    traceparent: Option<&'a AMQPValue>,
    tracestate: Option<&'a AMQPValue>,
}

impl<'a> Attributes<'a> {
    fn of(headers: &'a FieldTable) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            let place = match name.as_str() {
                ID => &mut found.id,
                TYPE => &mut found.kind,
                SOURCE => &mut found.source,
                TIME => &mut found.time,
                SUBJECT => &mut found.subject,
                DATA_VERSION => &mut found.version,
                CORRELATION_ID => &mut found.correlation_id,
                CAUSATION_ID => &mut found.causation_id,
                TRACEPARENT => &mut found.traceparent,
                TRACESTATE => &mut found.tracestate,
                _ => continue,
            };
            *place = Some(value);
        }
        found
    }
}

fn need<'a>(name: &str, value: Option<&'a AMQPValue>) -> Result<Cow<'a, str>, String> {
    value.and_then(text_of).ok_or_else(|| format!("the message has no header {name:?}"))
}

fn text_of(value: &AMQPValue) -> Option<Cow<'_, str>> {
    match value {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes())),
        AMQPValue::ShortString(text) => Some(text.as_str().into()),
        _ => None,
    }
}

fn number_of(value: &AMQPValue) -> Option<i64> {
    match value {
        AMQPValue::ShortShortInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortShortUInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortUInt(n) => Some(i64::from(*n)),
        AMQPValue::LongInt(n) => Some(i64::from(*n)),
        AMQPValue::LongUInt(n) => Some(i64::from(*n)),
        AMQPValue::LongLongInt(n) => Some(*n),
        _ => text_of(value)?.parse().ok(),
    }
}

/// Copies the properties of a message for another queue: without what the broker
/// wrote, with these notes instead of earlier ones.
pub(super) fn restamped(
    properties: &BasicProperties,
    notes: Vec<(&'static str, AMQPValue)>,
) -> BasicProperties {
    let mut headers = FieldTable::default();
    if let Some(before) = properties.headers() {
        for (name, value) in before {
            let own = ["x-", "ticketkit-"].iter().any(|own| name.as_str().starts_with(own));
            if !own {
                headers.insert(name.clone(), value.clone());
            }
        }
    }
    for (name, value) in notes {
        headers.insert(name.into(), value);
    }
    let mut properties = properties.clone().with_delivery_mode(2).with_headers(headers);
    if properties.message_id().is_none() {
        // Without one, a returned message could not be matched.
        properties = properties.with_message_id(short(&Uuid::now_v7().to_string()));
    }
    properties
}

pub(super) fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// Writes the number of a queue: bindings match by value and type.
pub(super) fn partition(value: u8) -> AMQPValue {
    AMQPValue::LongInt(i32::from(value))
}

pub(super) fn number(value: impl Into<i64>) -> AMQPValue {
    AMQPValue::LongLongInt(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Envelope {
        Envelope {
            id: EventId::new(),
            kind: "order.created".to_owned(),
            source: "/orders".to_owned(),
            time: Timestamp::from_millis(1_234_567),
            key: "ключ/🗝".to_owned(),
            version: 3,
            causation: Causation {
                correlation_id: Some("c".to_owned()),
                causation_id: None,
                traceparent: Some("00-a-b-01".to_owned()),
                tracestate: None,
            },
            data: r#"{"id":"42"}"#.to_owned(),
        }
    }

    #[test]
    fn an_event_survives_the_way() {
        let event = event();
        let body = event.data.clone().into_bytes();
        let mut received =
            Received { properties: properties(&event, 4).into(), body: body.clone() };
        assert_eq!(received.take_event(), Ok(event.clone()));
        let notes = vec![(FAILURES, number(2)), (ERROR, text("no"))];
        let mut again =
            Received { properties: restamped(&received.properties, notes).into(), body };
        assert_eq!(again.take_event(), Ok(event));
        assert_eq!((again.number(FAILURES), again.text(ERROR)), (Some(2), Some("no".to_owned())));
        let clean = restamped(&again.properties, Vec::new());
        assert_eq!(Received { properties: clean.into(), body: Vec::new() }.number(FAILURES), None);
    }

    #[test]
    fn what_is_no_event_says_why_and_can_still_be_listed() {
        let mut received = Received { properties: Box::default(), body: b"\xff\xfe".to_vec() };
        assert!(received.take_event().unwrap_err().contains("cloudEvents:id"));
        assert_eq!(received.event_or_remains().kind, "");
    }
}
