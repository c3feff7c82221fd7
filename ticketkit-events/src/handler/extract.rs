use crate::{Envelope, EventContext, EventId, HandlerError, Timestamp};

/// What can be an argument of a handler after the event.
///
/// `S` is the state of the subscription.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken out of an event's context",
    label = "not an extractor for a subscription with the state `{S}`",
    note = "extractors are `Meta`, `Envelope`, `State<S>` and, with the feature `sql`, `Tx`; the event itself comes first"
)]
pub trait FromContext<S>: Sized {
    /// Whether it opens the handler's transaction, and with it the inbox.
    const OPENS_TX: bool = false;

    /// Takes it out of the context.
    ///
    /// An error is what the handler would have returned.
    fn from_context(
        context: &EventContext,
        state: &S,
    ) -> impl Future<Output = Result<Self, HandlerError>> + Send;
}

/// Extracts the state of the subscription.
#[derive(Clone, Copy, Debug)]
pub struct State<S>(pub S);

impl<S: Clone + Send + Sync> FromContext<S> for State<S> {
    async fn from_context(_: &EventContext, state: &S) -> Result<Self, HandlerError> {
        Ok(Self(state.clone()))
    }
}

impl<S: Sync> FromContext<S> for Envelope {
    async fn from_context(context: &EventContext, _: &S) -> Result<Self, HandlerError> {
        Ok(context.envelope().clone())
    }
}

/// Extracts what is known about the event beside its data.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Meta {
    /// The id, the same through retries and redrives.
    pub id: EventId,
    /// When it happened.
    pub time: Timestamp,
    /// Who published it, such as `/orders`.
    pub source: String,
    /// The ordering key.
    pub key: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The name of the subscription.
    pub subscription: String,
    /// The request or event that began the chain.
    pub correlation_id: Option<String>,
    /// The event that caused this one.
    pub causation_id: Option<String>,
    /// The W3C trace context.
    pub traceparent: Option<String>,
}

impl<S: Sync> FromContext<S> for Meta {
    async fn from_context(context: &EventContext, _: &S) -> Result<Self, HandlerError> {
        let envelope = context.envelope();
        let causation = envelope.causation.clone();
        Ok(Self {
            id: envelope.id,
            time: envelope.time,
            source: envelope.source.clone(),
            key: envelope.key.clone(),
            attempt: context.attempt(),
            subscription: context.subscription().to_owned(),
            correlation_id: causation.correlation_id,
            causation_id: causation.causation_id,
            traceparent: causation.traceparent,
        })
    }
}
