use std::{
    convert::Infallible,
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{ResponseFuture, Settings, future::Outcome};
use crate::{RequestId, request_id::X_REQUEST_ID};

/// The service of [`ErrorLayer`](super::ErrorLayer).
#[derive(Clone)]
pub struct ErrorService<S> {
    inner: S,
    settings: Arc<Settings>,
}

/// What the answer needs to know of its request.
pub(super) struct About {
    pub(super) request: RequestId,
    pub(super) trace_id: Option<String>,
    pub(super) wants_page: bool,
    pub(super) settings: Arc<Settings>,
}

impl<S> ErrorService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ErrorService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    ResBody: From<Vec<u8>>,
{
    type Response = Response<ResBody>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A service that fails to become ready fails each call too, and there the error has a
        // request to answer.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let id = RequestId::of(&request);
        request.extensions_mut().insert(id);
        request.headers_mut().insert(X_REQUEST_ID, id.to_header());
        let about = About {
            request: id,
            trace_id: trace_id(&request),
            wants_page: self.settings.wants_page(request.uri().path(), request.headers()),
            settings: self.settings.clone(),
        };
        // Even a service that panics before its first await is answered for.
        match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
            Ok(future) => ResponseFuture::new(Outcome::Running { future }, about),
            Err(payload) => ResponseFuture::new(Outcome::Panicked { payload }, about),
        }
    }
}

/// Takes the trace id from a valid W3C `traceparent`.
fn trace_id<B>(request: &Request<B>) -> Option<String> {
    let value = request.headers().get("traceparent")?.to_str().ok()?;
    let mut parts = value.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let valid = version.len() == 2 && hex(version) && version != "ff" && trace.len() == 32;
    (valid && hex(trace) && trace.bytes().any(|b| b != b'0')).then(|| trace.to_owned())
}

impl<S: fmt::Debug> fmt::Debug for ErrorService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
