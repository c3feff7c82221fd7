use std::{
    any::Any,
    convert::Infallible,
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{About, ResponseFuture, Settings, failure::Failure, future::Outcome};

/// The service of [`ErrorLayer`](super::ErrorLayer).
pub struct ErrorService<S> {
    inner: S,
    settings: Arc<Settings>,
    /// Why the inner service did not become ready: the next request is answered with it.
    failed: Option<Failure>,
}

impl<S> ErrorService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings, failed: None }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ErrorService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    ResBody: From<Vec<u8>> + Any,
{
    type Response = Response<ResBody>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A service that fails here must not be called; the request that comes is answered for it.
        match catch_unwind(AssertUnwindSafe(|| self.inner.poll_ready(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(()))) => self.failed = None,
            Ok(Poll::Ready(Err(error))) => self.failed = Some(Failure::Error(error.into())),
            Err(payload) => self.failed = Some(Failure::panicked(payload.as_ref())),
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let about = Some(About::admit(&mut request, &self.settings));
        if let Some(failure) = self.failed.take() {
            return ResponseFuture::new(Outcome::Failed { failure: Some(failure) }, about);
        }
        // Even a service that panics before its first await is answered for.
        let called = catch_unwind(AssertUnwindSafe(|| self.inner.call(request)));
        let outcome = match called {
            Ok(future) => Outcome::Running { future },
            Err(payload) => Outcome::Failed { failure: Some(Failure::panicked(payload.as_ref())) },
        };
        ResponseFuture::new(outcome, about)
    }
}

impl<S: Clone> Clone for ErrorService<S> {
    fn clone(&self) -> Self {
        // A clone becomes ready by itself.
        Self::new(self.inner.clone(), self.settings.clone())
    }
}

impl<S: fmt::Debug> fmt::Debug for ErrorService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
