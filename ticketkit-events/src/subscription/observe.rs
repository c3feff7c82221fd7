//! What is told of each attempt: its span, its place in the trace, its figures.
//!
//! Outside of the user's layers, so that they are within the span and counted too.

use std::task::{Context, Poll};

use ticketkit_core::trace::TraceContext;
use tower_service::Service;
use tracing::{Instrument, Span};

use super::Route;
use crate::{BoxError, BoxFuture, Bus, Envelope, EventContext};

/// The target of spans that the chassis shows in the logs at every level, and does not export.
const SHOWN: &str = "ticketkit_core::request";

#[derive(Clone)]
pub(super) struct Observe {
    inner: Route,
    #[cfg(feature = "metrics")]
    metrics: Option<crate::metrics::EventMetrics>,
}

impl Observe {
    #[cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "no figures"))]
    pub(super) fn new(inner: Route, bus: &Bus) -> Self {
        Self {
            inner,
            #[cfg(feature = "metrics")]
            metrics: bus.metrics().cloned(),
        }
    }
}

impl Service<EventContext> for Observe {
    type Response = ();
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, context: EventContext) -> Self::Future {
        let shown = shown(&context);
        let (recorded, trace) = shown.in_scope(|| place(context.envelope()));
        #[cfg(feature = "metrics")]
        let watch = self.metrics.as_ref().map(|metrics| metrics.begin(&context));
        let call = self.inner.call(context);
        let call = async move {
            let result = match trace {
                Some(trace) => {
                    Span::current().record("trace_id", trace.trace_id());
                    trace.scope(call.instrument(recorded)).await
                }
                None => call.instrument(recorded).await,
            };
            #[cfg(feature = "metrics")]
            if let Some(watch) = watch {
                watch.end(&result);
            }
            result
        };
        Box::pin(call.instrument(shown))
    }
}

fn shown(context: &EventContext) -> Span {
    let envelope = context.envelope();
    tracing::error_span!(
        target: SHOWN,
        "event",
        subscription = context.subscription(),
        event.id = %envelope.id,
        event.kind = envelope.kind,
        event.key = envelope.key,
        attempt = context.attempt(),
        correlation_id = envelope.causation.correlation_id,
        trace_id = tracing::field::Empty,
    )
}

/// Returns the span to export, and the attempt's place in the trace of the event.
fn place(envelope: &Envelope) -> (Span, Option<TraceContext>) {
    let parent = envelope.causation.trace();
    #[cfg(feature = "otel")]
    let (recorded, own) = ticketkit_core::chassis::otel::consumer(
        parent.as_ref(),
        &format!("process {}", envelope.kind),
    );
    #[cfg(not(feature = "otel"))]
    let (recorded, own) = (Span::none(), None);
    (recorded, own.or_else(|| parent.map(|parent| parent.child())))
}
