use std::{
    any::Any,
    convert::Infallible,
    error::Error,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use pin_project_lite::pin_project;

use super::{About, current::Entered, failure::Failure};

pin_project! {
    /// The future of [`ErrorService`](super::ErrorService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        outcome: Outcome<F>,
        // None only while it is lent to the inner future.
        about: Option<About>,
    }
}

pin_project! {
    #[project = OutcomeProj]
    pub(super) enum Outcome<F> {
        Running { #[pin] future: F },
        Failed { failure: Option<Failure> },
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(outcome: Outcome<F>, about: Option<About>) -> Self {
        Self { outcome, about }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
    B: From<Vec<u8>> + Any,
{
    type Output = Result<Response<B>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = match this.outcome.project() {
            OutcomeProj::Failed { failure } => {
                failure.take().map_or(Poll::Pending, |failure| Poll::Ready(Err(failure)))
            }
            // The future is never polled again after a panic: the answer ends it.
            OutcomeProj::Running { future } => {
                let entered = Entered::new(this.about);
                let polled = catch_unwind(AssertUnwindSafe(|| future.poll(cx)));
                drop(entered);
                match polled {
                    Ok(poll) => poll.map_err(|error| Failure::Error(error.into())),
                    Err(payload) => Poll::Ready(Err(Failure::panicked(payload.as_ref()))),
                }
            }
        };
        let (Poll::Ready(answer), Some(about)) = (answer, this.about.as_ref()) else {
            return Poll::Pending;
        };
        let response = answer.unwrap_or_else(|failure| about.answer_for(failure));
        Poll::Ready(Ok(about.finish(response)))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
