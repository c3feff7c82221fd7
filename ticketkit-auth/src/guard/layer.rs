use std::{
    borrow::Cow,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{GuardFuture, require, require_role};

/// Lets only those callers through that a service demands, and answers the others itself.
///
/// It stands inside an [`AuthLayer`](crate::AuthLayer).
#[derive(Debug, Clone)]
#[must_use]
pub struct GuardLayer {
    role: Option<Cow<'static, str>>,
}

impl GuardLayer {
    /// Demands a signed-in user.
    pub const fn signed_in() -> Self {
        Self { role: None }
    }

    /// Demands a user with the role.
    pub fn role(role: impl Into<Cow<'static, str>>) -> Self {
        Self { role: Some(role.into()) }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService { guard: self.clone(), inner }
    }
}

/// The service that [`GuardLayer`] makes.
#[derive(Debug, Clone)]
pub struct GuardService<S> {
    guard: GuardLayer,
    inner: S,
}

impl<S, B, C> Service<Request<B>> for GuardService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
    C: From<Vec<u8>>,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = GuardFuture<S::Future, C>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let extensions = request.extensions();
        let judged = match &self.guard.role {
            Some(role) => require_role(extensions, role).map(|_| ()),
            None => require(extensions).map(|_| ()),
        };
        match judged {
            Ok(()) => GuardFuture::served(self.inner.call(request)),
            Err(error) => GuardFuture::refused(&error),
        }
    }
}
