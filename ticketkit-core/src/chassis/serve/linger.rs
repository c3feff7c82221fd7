//! Bodies that nobody reads.
//!
//! A service that answers before it has read the body (401, 413) would close the connection with
//! bytes of the client still under way; the system then resets it, and the client may lose the
//! answer. So what is left of a body is read and thrown away beside the answer, within bounds. A
//! client that waits for `100 Continue` sends nothing, and is not asked to.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use ::http::{HeaderMap, Request, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};

/// At most this much is thrown away, in bytes and in time.
pub(super) const LIMIT: (usize, Duration) = (1024 * 1024, Duration::from_secs(2));

pub(super) struct Lingering {
    /// `None` once it was read to its end, or is not to be read.
    rest: Option<Incoming>,
    waits_for_continue: bool,
}

impl Lingering {
    pub(super) fn wrap(request: Request<Incoming>) -> Request<Self> {
        let waits_for_continue = waits_for_continue(request.headers());
        request.map(|body| Self { rest: Some(body), waits_for_continue })
    }
}

fn waits_for_continue(headers: &HeaderMap) -> bool {
    headers.contains_key(header::EXPECT)
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // Whoever polls has sent the `100 Continue`.
        self.waits_for_continue = false;
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(rest).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.rest = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let Some(rest) = self.rest.take() else { return };
        if self.waits_for_continue || rest.is_end_stream() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let (bytes, time) = LIMIT;
                let mut rest = std::pin::pin!(Limited::new(rest, bytes));
                let drain = async { while let Some(Ok(_)) = rest.frame().await {} };
                let _ = tokio::time::timeout(time, drain).await;
            });
        }
    }
}
