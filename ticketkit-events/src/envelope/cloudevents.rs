//! The structured mode of CloudEvents 1.0 in JSON.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use super::{Causation, Envelope, EventId};
use crate::Timestamp;

const SPEC_VERSION: &str = "1.0";
const JSON: &str = "application/json";

#[derive(Serialize, Deserialize)]
struct Structured<'a> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    id: EventId,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    time: Timestamp,
    #[serde(borrow)]
    subject: Cow<'a, str>,
    #[serde(with = "version")]
    dataversion: u32,
    #[serde(borrow, default = "json")]
    datacontenttype: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlationid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causationid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tracestate: Option<String>,
    data: Cow<'a, RawValue>,
}

fn json() -> Cow<'static, str> {
    Cow::Borrowed(JSON)
}

/// CloudEvents has no 64-bit numbers: an integer attribute fits 31 bits, and
/// other producers may write it as text, which is read as well.
mod version {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Version {
        Number(u32),
        Text(String),
    }

    pub(super) fn serialize<S: Serializer>(
        version: &u32,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(*version)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        match Version::deserialize(deserializer)? {
            Version::Number(version) => Ok(version),
            Version::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data: &RawValue = serde_json::from_str(&self.data).map_err(ser::Error::custom)?;
        Structured {
            specversion: SPEC_VERSION.into(),
            id: self.id,
            kind: Cow::Borrowed(&self.kind),
            source: Cow::Borrowed(&self.source),
            time: self.time,
            subject: Cow::Borrowed(&self.key),
            dataversion: self.version,
            datacontenttype: JSON.into(),
            correlationid: self.causation.correlation_id.clone(),
            causationid: self.causation.causation_id.clone(),
            traceparent: self.causation.traceparent.clone(),
            tracestate: self.causation.tracestate.clone(),
            data: Cow::Borrowed(data),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Structured::deserialize(deserializer)?;
        if event.specversion != SPEC_VERSION {
            return Err(de::Error::custom(format_args!(
                "specversion is {:?}, must be {SPEC_VERSION:?}",
                event.specversion
            )));
        }
        if event.datacontenttype != JSON {
            return Err(de::Error::custom(format_args!(
                "datacontenttype is {:?}, must be {JSON:?}",
                event.datacontenttype
            )));
        }
        Ok(Self {
            id: event.id,
            kind: event.kind.into_owned(),
            source: event.source.into_owned(),
            time: event.time,
            key: event.subject.into_owned(),
            version: event.dataversion,
            causation: Causation {
                correlation_id: event.correlationid,
                causation_id: event.causationid,
                traceparent: event.traceparent,
                tracestate: event.tracestate,
            },
            data: event.data.get().to_owned(),
        })
    }
}
