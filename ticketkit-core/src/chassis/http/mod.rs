//! The layers around a service's routes, and the operators' routes beside them.

mod observe;
mod operators;

use std::{borrow::Cow, sync::Arc, time::Duration};

use ::http::StatusCode;
use observe::Observed;
use tower_http::timeout::{Timeout, TimeoutLayer};
use tower_layer::Layer;

use super::HttpMetrics;
use crate::{ErrorLayer, layer::ErrorService};

pub use observe::{Observe, ObserveFuture};
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
/// use ticketkit_core::{ErrorLayer, chassis::{HttpMetrics, Metrics, http::Stack}};
///
/// let metrics = Metrics::default();
/// let routes = Router::new().route("/api/tickets", get(|| async { "[]" }));
/// let stack = Stack::new("tickets", ErrorLayer::new("tickets"), &HttpMetrics::new(&metrics));
/// let app: Router = routes.layer(stack);
/// # let _ = app;
/// ```
///
/// A layer of the service's own, such as the one that finds out who is asking, goes into the same
/// call, inside: `routes.layer((stack, auth))`. With each call of `Router::layer`, axum boxes the
/// service, its future and the body of its answer once more at every request.
#[derive(Debug, Clone)]
#[must_use]
pub struct Stack {
    observed: Arc<Observed>,
    errors: ErrorLayer,
}

impl Stack {
    /// Makes the layers of a service; its name is in the span and a label of the metrics.
    pub fn new(
        service: impl Into<Cow<'static, str>>,
        errors: ErrorLayer,
        metrics: &HttpMetrics,
    ) -> Self {
        let observed = Observed { service: service.into(), metrics: metrics.clone() };
        Self { observed: Arc::new(observed), errors }
    }
}

impl<S> Layer<S> for Stack {
    type Service = Observe<ErrorService<Timeout<S>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, REQUEST_TIMEOUT);
        Observe::new(self.errors.layer(timeout.layer(inner)), self.observed.clone())
    }
}
