use std::{
    fmt,
    task::{Context, Poll},
};

use tower_service::Service;

use crate::{BoxError, BoxFuture, EventContext};

/// A boxed service that handles events: what a layer gets to wrap.
///
/// It is always ready. A clone shares everything with its original.
pub struct Route {
    inner: Box<dyn CloneService>,
}

impl Route {
    pub(crate) fn new<T>(service: T) -> Self
    where
        T: Service<EventContext, Response = ()> + Clone + Send + Sync + 'static,
        T::Error: Into<BoxError>,
        T::Future: Send + 'static,
    {
        Self { inner: Box::new(service) }
    }
}

impl Clone for Route {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone_boxed() }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").finish_non_exhaustive()
    }
}

impl Service<EventContext> for Route {
    type Response = ();
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<(), BoxError>>;

    // Readiness is waited for inside of `call`, on a clone of its own: a layer that
    // limits concurrency then holds its permit for exactly that call.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, context: EventContext) -> Self::Future {
        self.inner.clone_boxed().oneshot(context)
    }
}

trait CloneService: Send + Sync {
    fn clone_boxed(&self) -> Box<dyn CloneService>;

    fn oneshot(self: Box<Self>, context: EventContext) -> BoxFuture<'static, Result<(), BoxError>>;
}

impl<T> CloneService for T
where
    T: Service<EventContext, Response = ()> + Clone + Send + Sync + 'static,
    T::Error: Into<BoxError>,
    T::Future: Send + 'static,
{
    fn clone_boxed(&self) -> Box<dyn CloneService> {
        Box::new(self.clone())
    }

    fn oneshot(
        mut self: Box<Self>,
        context: EventContext,
    ) -> BoxFuture<'static, Result<(), BoxError>> {
        Box::pin(async move {
            std::future::poll_fn(|cx| self.poll_ready(cx)).await.map_err(Into::into)?;
            self.call(context).await.map_err(Into::into)
        })
    }
}
