use std::{
    borrow::Cow,
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Extensions, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{GuardFuture, require, require_role};
use crate::{AuthError, User};

/// Lets only those callers through that a service demands, and answers the others itself.
///
/// It stands inside an [`AuthLayer`](crate::AuthLayer).
#[derive(Clone)]
#[must_use]
pub struct GuardLayer {
    role: Option<Cow<'static, str>>,
    condition: Option<Arc<Condition>>,
}

type Condition = dyn Fn(&User) -> bool + Send + Sync;

impl GuardLayer {
    /// Demands a signed-in user.
    pub const fn signed_in() -> Self {
        Self { role: None, condition: None }
    }

    /// Demands a user with the role.
    pub fn role(role: impl Into<Cow<'static, str>>) -> Self {
        Self { role: Some(role.into()), condition: None }
    }

    /// Demands a user of whom the condition holds too, such as a permission, or a sign-in that is
    /// fresh; a user of whom it does not hold gets 403 `forbidden`.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use ticketkit_auth::{Clock, guard::GuardLayer};
    ///
    /// #[derive(Deserialize)]
    /// struct Plan {
    ///     permissions: Vec<String>,
    /// }
    ///
    /// let may_refund = GuardLayer::signed_in().when(|user| {
    ///     let plan = user.claims().custom::<Plan>();
    ///     plan.is_ok_and(|plan| plan.permissions.iter().any(|one| one == "refund"))
    /// });
    ///
    /// let clock = Clock::system();
    /// let fresh = GuardLayer::signed_in().when(move |user| {
    ///     user.signed_in_at().is_some_and(|at| clock.unix_millis() - at < 5 * 60_000)
    /// });
    /// ```
    pub fn when(mut self, condition: impl Fn(&User) -> bool + Send + Sync + 'static) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    fn judge(&self, extensions: &Extensions) -> Result<(), AuthError> {
        let user = match &self.role {
            Some(role) => require_role(extensions, role)?,
            None => require(extensions)?,
        };
        user.require(self.condition.as_ref().is_none_or(|condition| condition(user)))
    }
}

impl fmt::Debug for GuardLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").field("role", &self.role).finish_non_exhaustive()
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
        match self.guard.judge(request.extensions()) {
            Ok(()) => GuardFuture::served(self.inner.call(request)),
            Err(error) => GuardFuture::refused(&error),
        }
    }
}
