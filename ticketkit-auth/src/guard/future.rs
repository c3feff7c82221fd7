use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use pin_project_lite::pin_project;
use ticketkit_core::ServiceError;

pin_project! {
    /// The response of the service behind a guard, or that of the guard itself.
    #[must_use = "futures do nothing unless polled"]
    pub struct GuardFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = Projection]
    enum State<F, B> {
        Served { #[pin] future: F },
        Refused { response: Option<Response<B>> },
    }
}

impl<F, B> GuardFuture<F, B> {
    pub(crate) const fn served(future: F) -> Self {
        Self { state: State::Served { future } }
    }

    pub(crate) fn refused(error: &impl ServiceError) -> Self
    where
        B: From<Vec<u8>>,
    {
        Self { state: State::Refused { response: Some(ticketkit_core::respond(error)) } }
    }
}

impl<F, B, E> Future for GuardFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projection::Served { future } => future.poll(context),
            // Polled again after it was ready: a fault of the caller, and no reason to panic.
            Projection::Refused { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}

impl<F, B> fmt::Debug for GuardFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}
