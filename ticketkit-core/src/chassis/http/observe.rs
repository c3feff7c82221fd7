use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use ::axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use ::http::Method;
use tracing::{Instrument, field};

use crate::{
    RequestId,
    chassis::{HttpMetrics, logs::REQUEST_TARGET, metrics::InFlight},
    trace::TraceContext,
};

/// What is counted for a client that left before the answer began, as nginx writes it.
const CLIENT_LEFT: u16 = 499;

#[derive(Clone)]
pub(super) struct Observed {
    pub(super) service: Cow<'static, str>,
    pub(super) metrics: HttpMetrics,
}

pub(super) async fn observe(
    State(observed): State<Observed>,
    mut request: Request,
    next: Next,
) -> Response {
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let service = observed.service.as_ref();
    let request_id = RequestId::of(&request);
    request.extensions_mut().insert(request_id);

    // An error, so that no level that is chosen for the logs takes the ids from the lines.
    let span = tracing::error_span!(
        target: REQUEST_TARGET, "request", service, method, route, %request_id,
        trace_id = field::Empty,
    );
    let parent = TraceContext::from_headers(request.headers());
    #[cfg(feature = "otel")]
    let (recorded, own) =
        span.in_scope(|| crate::chassis::otel::server(parent.as_ref(), &request, method, route));
    #[cfg(not(feature = "otel"))]
    let (recorded, own) = (tracing::Span::none(), None);
    let context = trace(&mut request, parent, own);
    span.record("trace_id", context.trace_id());

    let watch = Watch {
        in_flight: observed.metrics.begin(service),
        observed: &observed,
        method,
        route,
        started: Instant::now(),
        answered: false,
    };
    let answer = context.scope(next.run(request)).instrument(recorded.clone());
    let response = answer.instrument(span.clone()).await;
    let took = watch.end(response.status().as_u16());
    #[cfg(feature = "otel")]
    crate::chassis::otel::answered(&recorded, response.status(), 500);
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, ?took, "answered"));
    response
}

/// Continues the trace of the request, or begins one; `own` is what a tracer made of it.
fn trace(
    request: &mut Request,
    parent: Option<TraceContext>,
    own: Option<TraceContext>,
) -> TraceContext {
    let continued = own.or_else(|| parent.map(|parent| parent.child()));
    let is_traced = continued.is_some();
    let context = continued.unwrap_or_else(TraceContext::root);
    // The error layer tells clients the trace id of what is traced. What is not valid, and a trace
    // that is only in our logs, is not told and not passed on in headers.
    if is_traced {
        context.inject(request.headers_mut());
    } else {
        TraceContext::remove(request.headers_mut());
    }
    request.extensions_mut().insert(context.clone());
    context
}

/// Counts a request once, whether it is answered or its future is dropped.
struct Watch<'a> {
    #[expect(dead_code, reason = "counts as long as it lives")]
    in_flight: InFlight,
    observed: &'a Observed,
    method: &'static str,
    route: &'a str,
    started: Instant,
    answered: bool,
}

impl Watch<'_> {
    fn end(mut self, status: u16) -> Duration {
        self.answered = true;
        self.observe(status)
    }

    fn observe(&self, status: u16) -> Duration {
        let took = self.started.elapsed();
        let Observed { service, metrics } = self.observed;
        metrics.observe(service, self.method, self.route, status, took);
        took
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.observe(CLIENT_LEFT);
        }
    }
}

/// The method, unless a client made it up: such a one must not become a label.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
