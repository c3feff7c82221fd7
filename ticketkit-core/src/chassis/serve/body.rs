//! Bodies of answers: counted until their end, and ended by the shutdown where they have none.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use ::axum::body::{Body, Bytes};
use ::http::{Response, StatusCode, header};
use http_body::{Frame, SizeHint};

use super::ledger::{End, Entry};
use crate::chassis::Shutdown;

type Requested = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) struct Counted {
    /// `None` once it has ended.
    body: Option<Body>,
    /// How many bytes the head promised that are still to come.
    promised: Option<u64>,
    /// `None` where the request goes on without HTTP.
    entry: Option<Entry>,
    /// Of event streams: they go on for as long as the client likes.
    ends_with: Option<Requested>,
}

impl Counted {
    pub(super) fn wrap(
        response: Response<Body>,
        is_head: bool,
        entry: Entry,
        shutdown: Shutdown,
    ) -> Response<Self> {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let length = header(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        let is_stream =
            header(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/event-stream"));
        let has_no_body = is_head
            || response.status().is_informational()
            || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let promised = if has_no_body { Some(0) } else { length };
        let ends_with: Option<Requested> = is_stream.then(|| {
            let requested: Requested = Box::pin(async move { shutdown.requested().await });
            requested
        });
        let entry = Some(entry);
        response.map(|body| Self { body: Some(body), promised, entry, ends_with })
    }

    pub(super) fn uncounted(response: Response<Body>) -> Response<Self> {
        response.map(|body| Self { body: Some(body), promised: None, entry: None, ends_with: None })
    }

    fn ends(&mut self, end: End) {
        if let Some(entry) = &mut self.entry {
            entry.ends(end);
        }
    }
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = ::axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ::axum::Error>>> {
        if let Some(requested) = &mut self.ends_with
            && requested.as_mut().poll(cx).is_ready()
        {
            self.ends_with = None;
            self.ends(End::Stream);
            self.body = None;
        }
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(body).poll_frame(cx));
        match &frame {
            None => {
                self.ends(End::Complete);
                self.body = None;
            }
            Some(Ok(frame)) => {
                let sent = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.promised = self.promised.map(|promised| promised.saturating_sub(sent));
            }
            Some(Err(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // A body whose end is known is not asked for it: hyper drops it after the last byte.
        let at_end = self.body.as_ref().is_some_and(http_body::Body::is_end_stream);
        if at_end || self.promised == Some(0) {
            self.ends(End::Complete);
        }
    }
}
