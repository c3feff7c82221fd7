use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Request;
use pin_project_lite::pin_project;
use ticketkit_events::BoxFuture;
use tower_layer::Layer;
use tower_service::Service;

use super::subscribe::Shared;
use crate::{Caller, Refusal};

/// Asks the issuer where the view is stale, before a route refuses: the third policy beside those of
/// [`StalePolicy`](crate::StalePolicy).
///
/// It stands inside the [`AuthLayer`](crate::AuthLayer) and around the guards. Who asks at the same
/// time shares one answer, and there is at most one question a second: an issuer that comes back is
/// not run down. Without an answer the guards do what they do.
#[derive(Clone)]
#[must_use]
pub struct AskLayer(pub(super) Arc<Shared>);

impl<S> Layer<S> for AskLayer {
    type Service = AskService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AskService { ask: self.clone(), inner }
    }
}

impl fmt::Debug for AskLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskLayer").finish_non_exhaustive()
    }
}

/// The service that [`AskLayer`] makes.
#[derive(Debug, Clone)]
pub struct AskService<S> {
    ask: AskLayer,
    inner: S,
}

impl<S, B> Service<Request<B>> for AskService<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = AskFuture<S::Future, S::Response, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let is_stale = matches!(
            request.extensions().get::<Caller>(),
            Some(Caller::Refused(Refusal::Stale(_)))
        );
        if !is_stale {
            return AskFuture { state: State::Known { future: self.inner.call(request) } };
        }
        // The one that is ready goes; its clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let shared = self.ask.0.clone();
        let asked = Box::pin(async move {
            shared.ask().await;
            if let Some(caller) = request.extensions_mut().get_mut::<Caller>() {
                caller.judge_again(&shared.status.view);
            }
            inner.call(request).await
        });
        AskFuture { state: State::Asked { future: asked } }
    }
}

pin_project! {
    /// The response of the service behind an [`AskLayer`].
    #[must_use = "futures do nothing unless polled"]
    pub struct AskFuture<F, R, E> {
        #[pin]
        state: State<F, R, E>,
    }
}

pin_project! {
    #[project = Projection]
    enum State<F, R, E> {
        Known { #[pin] future: F },
        Asked { future: BoxFuture<'static, Result<R, E>> },
    }
}

impl<F, R, E> Future for AskFuture<F, R, E>
where
    F: Future<Output = Result<R, E>>,
{
    type Output = Result<R, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projection::Known { future } => future.poll(context),
            Projection::Asked { future } => future.as_mut().poll(context),
        }
    }
}

impl<F, R, E> fmt::Debug for AskFuture<F, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskFuture").finish_non_exhaustive()
    }
}
