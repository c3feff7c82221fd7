//! Envelopes as columns.

use serde::Deserialize;
use sqlx::{
    Any, Row,
    any::{AnyArguments, AnyRow},
    query::Query,
};

use crate::{Causation, Envelope, EventId, Timestamp};

/// The columns of an envelope without its data.
macro_rules! attributes {
    () => {
        "id, kind, source, time, event_key, version, \
         correlation_id, causation_id, traceparent, tracestate"
    };
}

/// The columns of an envelope, in the order of [`bind`].
macro_rules! columns {
    () => {
        concat!($crate::sql::attributes!(), ", data")
    };
}
pub(crate) use {attributes, columns};

type AnyQuery<'q> = Query<'q, Any, AnyArguments>;

/// Binds the columns of an envelope.
pub(crate) fn bind<'q>(query: AnyQuery<'q>, envelope: &Envelope) -> AnyQuery<'q> {
    let causation = &envelope.causation;
    query
        .bind(envelope.id.to_string())
        .bind(envelope.kind.clone())
        .bind(envelope.source.clone())
        .bind(envelope.time.as_millis())
        .bind(envelope.key.clone())
        .bind(i64::from(envelope.version))
        .bind(causation.correlation_id.clone())
        .bind(causation.causation_id.clone())
        .bind(causation.traceparent.clone())
        .bind(causation.tracestate.clone())
        .bind(envelope.data.clone())
}

/// Reads an envelope out of a row.
pub(crate) fn envelope(row: &AnyRow) -> Result<Envelope, sqlx::Error> {
    let decode = |source| sqlx::Error::ColumnDecode { index: "id".to_owned(), source };
    let version: i64 = row.try_get("version")?;
    Ok(Envelope {
        id: row
            .try_get::<String, _>("id")?
            .parse()
            .map_err(|error: crate::envelope::ParseEventIdError| decode(error.into()))?,
        kind: row.try_get("kind")?,
        source: row.try_get("source")?,
        time: Timestamp::from_millis(row.try_get("time")?),
        key: row.try_get("event_key")?,
        version: u32::try_from(version).map_err(|error| decode(error.into()))?,
        causation: Causation {
            correlation_id: row.try_get("correlation_id")?,
            causation_id: row.try_get("causation_id")?,
            traceparent: row.try_get("traceparent")?,
            tracestate: row.try_get("tracestate")?,
        },
        data: row.try_get("data")?,
    })
}

/// The attributes of an envelope in a JSON array, in the order of [`attributes`].
#[derive(Deserialize)]
pub(crate) struct Attributes {
    id: EventId,
    kind: String,
    source: String,
    time: i64,
    key: String,
    version: u32,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    traceparent: Option<String>,
    tracestate: Option<String>,
}

impl Attributes {
    pub(crate) fn with_data(self, data: String) -> Envelope {
        let Self { id, kind, source, time, key, version, .. } = self;
        let causation = Causation {
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            traceparent: self.traceparent,
            tracestate: self.tracestate,
        };
        let time = Timestamp::from_millis(time);
        Envelope { id, kind, source, time, key, version, causation, data }
    }
}
