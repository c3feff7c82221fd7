use std::{
    borrow::Cow,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use ::axum::extract::MatchedPath;
use ::http::{Method, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use tracing::{Instrument, field, instrument::Instrumented};

use crate::{
    RequestId,
    chassis::{HttpMetrics, logs::REQUEST_TARGET, metrics::InFlight},
    trace::{Scope, TraceContext},
};

/// What is counted for a client that left before the answer began, as nginx writes it.
const CLIENT_LEFT: u16 = 499;

/// The label of what no route matched.
const NO_ROUTE: &str = "none";

/// Counts requests, and has each answered within its span and its trace.
#[derive(Debug, Clone)]
pub struct Observe<S> {
    inner: S,
    observed: Arc<Observed>,
}

#[derive(Debug)]
pub(super) struct Observed {
    pub(super) service: Cow<'static, str>,
    pub(super) metrics: HttpMetrics,
}

impl<S> Observe<S> {
    pub(super) const fn new(inner: S, observed: Arc<Observed>) -> Self {
        Self { inner, observed }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Observe<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ObserveFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let method = known(request.method());
        let matched = request.extensions().get::<MatchedPath>().cloned();
        let route = matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        let service = self.observed.service.as_ref();
        let request_id = RequestId::of(&request);
        request.extensions_mut().insert(request_id);

        // An error, so that no level that is chosen for the logs takes the ids from the lines.
        let span = tracing::error_span!(
            target: REQUEST_TARGET, "request", service, method, route, %request_id,
            trace_id = field::Empty,
        );
        let parent = TraceContext::from_headers(request.headers());
        #[cfg(feature = "otel")]
        let (recorded, own) = span
            .in_scope(|| crate::chassis::otel::server(parent.as_ref(), &request, method, route));
        #[cfg(not(feature = "otel"))]
        let (recorded, own) = (tracing::Span::none(), None);
        let context = trace(&mut request, parent, own);
        span.record("trace_id", context.trace_id());

        let watch = Watch {
            in_flight: self.observed.metrics.begin(service),
            observed: self.observed.clone(),
            method,
            route: matched,
            started: Instant::now(),
            answered: false,
        };
        // Inner services begin their work here, and not when their futures are polled.
        let inner = &mut self.inner;
        let called = span.in_scope(|| recorded.in_scope(|| context.enter(|| inner.call(request))));
        let answer = context.scope(called).instrument(recorded).instrument(span);
        ObserveFuture { answer, watch: Some(watch) }
    }
}

pin_project! {
    /// The future of [`Observe`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ObserveFuture<F> {
        #[pin]
        answer: Instrumented<Instrumented<Scope<F>>>,
        // None when it was answered.
        watch: Option<Watch>,
    }
}

impl<F, B, E> Future for ObserveFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let answer = ready!(this.answer.as_mut().poll(cx));
        if let (Ok(response), Some(watch)) = (&answer, this.watch.take()) {
            let status = response.status();
            let took = watch.end(status.as_u16());
            #[cfg(feature = "otel")]
            crate::chassis::otel::answered(this.answer.inner().span(), status, 500);
            this.answer
                .span()
                .in_scope(|| tracing::debug!(status = status.as_u16(), ?took, "answered"));
        }
        Poll::Ready(answer)
    }
}

/// Continues the trace of the request, or begins one; `own` is what a tracer made of it.
fn trace<B>(
    request: &mut Request<B>,
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
struct Watch {
    #[expect(dead_code, reason = "counts as long as it lives")]
    in_flight: InFlight,
    observed: Arc<Observed>,
    method: &'static str,
    route: Option<MatchedPath>,
    started: Instant,
    answered: bool,
}

impl Watch {
    fn end(mut self, status: u16) -> Duration {
        self.answered = true;
        self.observe(status)
    }

    fn observe(&self, status: u16) -> Duration {
        let took = self.started.elapsed();
        let Observed { service, metrics } = &*self.observed;
        let route = self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        metrics.observe(service, self.method, route, status, took);
        took
    }
}

impl Drop for Watch {
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
