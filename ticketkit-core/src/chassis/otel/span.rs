//! Spans with the names of the HTTP semantic conventions (stable since 1.23).
//!
//! They have a target of their own, so that the logs do not show them, nor the exporter the span of
//! the logs.

use std::net::SocketAddr;

use ::axum::extract::ConnectInfo;
use ::http::{HeaderMap, HeaderName, Request, StatusCode, header};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::trace::TraceContext;

pub(crate) const TARGET: &str = "ticketkit_core::otel";

/// Makes the span of a request that came in; without a tracer the context is none.
pub(crate) fn server<B>(
    parent: Option<&TraceContext>,
    request: &Request<B>,
    method: &str,
    route: &str,
) -> (Span, Option<TraceContext>) {
    let is_routed = route != "none";
    let name = if is_routed { format!("{method} {route}") } else { method.to_owned() };
    let span = tracing::error_span!(
        target: TARGET, "server", otel.name = name, otel.kind = "server",
    );
    continues(&span, parent);
    let Some(context) = context(&span) else { return (span, None) };
    let text = |name: HeaderName| header_text(request.headers(), &name);
    span.set_attribute("http.request.method", semantic(method));
    span.set_attribute("url.path", request.uri().path().to_owned());
    span.set_attribute("url.scheme", request.uri().scheme_str().unwrap_or("http").to_owned());
    if is_routed {
        span.set_attribute("http.route", route.to_owned());
    }
    if let Some(host) =
        text(header::HOST).and_then(|host| host.parse::<::http::uri::Authority>().ok())
    {
        span.set_attribute("server.address", host.host().to_owned());
    }
    if let Some(agent) = text(header::USER_AGENT) {
        span.set_attribute("user_agent.original", agent);
    }
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        span.set_attribute("client.address", peer.ip().to_string());
    }
    (span, Some(context))
}

/// Makes the span of a call that goes out, beneath the current context.
#[cfg(feature = "outgoing")]
pub(crate) fn client<B>(request: &Request<B>) -> (Span, Option<TraceContext>) {
    let method = request.method().as_str();
    let span = tracing::error_span!(
        target: TARGET, "client", otel.name = semantic(method), otel.kind = "client",
    );
    if Span::current().is_none() {
        continues(&span, TraceContext::current().as_ref());
    }
    let Some(context) = context(&span) else { return (span, None) };
    span.set_attribute("http.request.method", semantic(method).to_owned());
    // Neither credentials nor the query: either may be secret.
    span.set_attribute("url.path", request.uri().path().to_owned());
    if let Some(host) = request.uri().host() {
        span.set_attribute("server.address", host.to_owned());
    }
    if let Some(port) = request.uri().port_u16() {
        span.set_attribute("server.port", i64::from(port));
    }
    (span, Some(context))
}

/// Makes the span of a message that is handled: `name` is what is done with what, as in
/// `process order.created`.
///
/// It continues the trace of the message. The context is the span's own place in the trace, or none
/// where nothing is exported.
#[must_use]
pub fn consumer(parent: Option<&TraceContext>, name: &str) -> (Span, Option<TraceContext>) {
    let span = tracing::error_span!(
        target: TARGET, "consumer", otel.name = name, otel.kind = "consumer",
    );
    continues(&span, parent);
    let context = context(&span);
    (span, context)
}

/// Puts the outcome into a span; `from` is the first status that is an error for this side.
pub(crate) fn answered(span: &Span, status: StatusCode, from: u16) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.as_u16() >= from {
        span.set_attribute("error.type", status.as_str().to_owned());
        span.set_status(Status::error(""));
    }
}

fn continues(span: &Span, parent: Option<&TraceContext>) {
    let Some(parent) = parent else { return };
    let state = parent.tracestate().and_then(|state| state.parse::<TraceState>().ok());
    let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let remote = SpanContext::new(
        TraceId::from_hex(&parent.trace_id()).unwrap_or(TraceId::INVALID),
        SpanId::from_hex(&parent.span_id()).unwrap_or(SpanId::INVALID),
        flags,
        true,
        state.unwrap_or_default(),
    );
    // An error means that nothing is exported.
    let _ = span.set_parent(Context::new().with_remote_span_context(remote));
}

/// Reads back which place the tracer gave the span.
fn context(span: &Span) -> Option<TraceContext> {
    let context = span.context();
    let span = context.span();
    let place = span.span_context();
    let ids = (place.trace_id().to_bytes(), place.span_id().to_bytes());
    let (trace, span) = (u128::from_be_bytes(ids.0), u64::from_be_bytes(ids.1));
    let context = TraceContext::from_ids(trace, span, place.is_sampled())?;
    Some(context.with_state(&place.trace_state().header()))
}

/// What the conventions do not know has one name.
fn semantic(method: &str) -> String {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    if known.contains(&method) { method.to_owned() } else { "_OTHER".to_owned() }
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
