use std::{
    borrow::Cow,
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::failure::panic_text;
use crate::{RequestId, log_level::TARGET, problem::chain};

pin_project! {
    /// A body that logs if it fails or panics while it is sent.
    ///
    /// The status is on its way by then, so nothing can be told to the client but that the body
    /// ended early: the error ends the connection. [`ErrorLayer`](crate::ErrorLayer) puts this around
    /// the streamed bodies of axum by itself; elsewhere put it around yours.
    pub struct WatchedBody<B> {
        #[pin]
        inner: B,
        service: Cow<'static, str>,
        request: RequestId,
        ended: bool,
    }
}

/// Tells whether a body is made while it is sent; one of a known length is there already.
#[cfg(feature = "axum")]
pub(super) fn is_streamed(body: &impl Body) -> bool {
    !body.is_end_stream() && body.size_hint().exact().is_none()
}

impl<B> WatchedBody<B> {
    /// Watches a body of a service's response to a request.
    pub fn new(inner: B, service: impl Into<Cow<'static, str>>, request: RequestId) -> Self {
        Self { inner, service: service.into(), request, ended: false }
    }
}

impl<B> Body for WatchedBody<B>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = B::Data;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Self::Error>>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        let failed = match catch_unwind(AssertUnwindSafe(|| this.inner.poll_frame(cx))) {
            Ok(poll) => match ready!(poll) {
                Some(Err(error)) => error.into(),
                frame => return Poll::Ready(frame.map(|frame| frame.map_err(Into::into))),
            },
            Err(payload) => panic_text(payload.as_ref()).into(),
        };
        *this.ended = true;
        let (service, request_id) = (this.service.as_ref(), *this.request);
        let cause = chain(failed.as_ref());
        tracing::error!(target: TARGET, %request_id, service, cause, "the body of a response failed");
        Poll::Ready(Some(Err(BrokenBody.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What is told of a body that failed: the rest is in the log.
#[derive(Debug, thiserror::Error)]
#[error("the body of the response failed")]
struct BrokenBody;

impl<B> fmt::Debug for WatchedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedBody").field("request", &self.request).finish_non_exhaustive()
    }
}
