use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::AuthLayer;

/// The service that [`AuthLayer`] makes.
#[derive(Debug, Clone)]
pub struct AuthService<S> {
    auth: AuthLayer,
    inner: S,
}

impl<S> AuthService<S> {
    pub(super) const fn new(auth: AuthLayer, inner: S) -> Self {
        Self { auth, inner }
    }
}

impl<S, B> Service<Request<B>> for AuthService<S>
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
        let caller = self.auth.caller(request.headers());
        request.extensions_mut().insert(caller);
        self.inner.call(request)
    }
}
