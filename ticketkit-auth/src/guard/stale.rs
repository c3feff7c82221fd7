use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

/// What a route does while there is no news of revocations. It is a tower layer, for a route or a
/// router.
///
/// A route that rather asks the issuer than refuses has `feed::AskLayer` around it (feature
/// `events`).
///
/// ```
/// use ticketkit_auth::{StalePolicy, guard::GuardLayer};
/// use tower::ServiceBuilder;
///
/// let reading = ServiceBuilder::new()
///     .layer(StalePolicy::WaitForExpiry)
///     .layer(GuardLayer::signed_in());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StalePolicy {
    /// Answers 503 `auth_stale`, also to those who are not banned.
    #[default]
    Refuse,
    /// Serves, also those who are banned, until their tokens end.
    WaitForExpiry,
}

impl<S> Layer<S> for StalePolicy {
    type Service = StalePolicyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        StalePolicyService { policy: *self, inner }
    }
}

/// The service that [`StalePolicy`] makes.
#[derive(Debug, Clone)]
pub struct StalePolicyService<S> {
    policy: StalePolicy,
    inner: S,
}

impl<S, B> Service<Request<B>> for StalePolicyService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(self.policy);
        self.inner.call(request)
    }
}
