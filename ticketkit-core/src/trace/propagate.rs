use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::TraceContext;

/// Puts the current [`TraceContext`], as the parent of what the other side does, into the requests
/// that go out.
///
/// A context in the extensions of the request goes before the current one. Where there is neither,
/// the headers are left as they are.
///
/// ```
/// use std::convert::Infallible;
/// use http::{Request, Response};
/// use ticketkit_core::trace::{PropagateLayer, TraceContext};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let upstream = service_fn(|request: Request<()>| async move {
///     Ok::<_, Infallible>(Response::new(request.headers()["traceparent"].clone()))
/// });
/// let context = TraceContext::root();
/// let call = PropagateLayer.layer(upstream).oneshot(Request::new(()));
/// let response = context.clone().scope(call).await.unwrap();
/// assert_eq!(response.body(), &context.traceparent());
/// # });
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct PropagateLayer;

impl<S> Layer<S> for PropagateLayer {
    type Service = Propagate<S>;

    fn layer(&self, inner: S) -> Propagate<S> {
        Propagate { inner }
    }
}

/// The service of [`PropagateLayer`].
#[derive(Debug, Clone)]
pub struct Propagate<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Propagate<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let own = request.extensions().get::<TraceContext>().cloned();
        if let Some(context) = own.or_else(TraceContext::current) {
            context.inject(request.headers_mut());
        }
        self.inner.call(request)
    }
}
