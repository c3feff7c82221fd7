//! The layers around a service's routes, and the operators' routes beside them.

mod observe;
mod operators;

use std::{borrow::Cow, time::Duration};

use ::axum::{Router, middleware::from_fn_with_state};
use ::http::StatusCode;
use tower_http::timeout::TimeoutLayer;

use super::HttpMetrics;
use crate::ErrorLayer;

pub use operators::operators;

/// How long a handler may take until its answer begins: then it is dropped, and 504 `timeout`.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Puts the error contract, metrics, a span and a timeout around the routes of a service.
///
/// From the outside in: the span and the metrics, so that they see what the client sees, also of a
/// panic; the error layer; the timeout; the routes.
///
/// The span carries the request id and the trace id, so that every line that is logged within a
/// request has both. The trace of a valid `traceparent` is continued, else one is begun; the
/// [`TraceContext`](crate::trace::TraceContext) is in the request's extensions and is the current
/// one of its future.
///
/// ```
/// use axum::{Router, routing::get};
/// use ticketkit_core::{ErrorLayer, chassis::{HttpMetrics, Metrics, http}};
///
/// let metrics = Metrics::default();
/// let routes = Router::new().route("/api/tickets", get(|| async { "[]" }));
/// let errors = ErrorLayer::new("tickets");
/// let app: Router = http::stack(routes, "tickets", errors, &HttpMetrics::new(&metrics));
/// # let _ = app;
/// ```
pub fn stack(
    routes: Router,
    service: impl Into<Cow<'static, str>>,
    errors: ErrorLayer,
    metrics: &HttpMetrics,
) -> Router {
    let observed = observe::Observed { service: service.into(), metrics: metrics.clone() };
    routes
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, REQUEST_TIMEOUT))
        .layer(errors)
        .layer(from_fn_with_state(observed, observe::observe))
}
