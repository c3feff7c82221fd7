use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::rule::Rule;
use crate::{
    AuthError,
    cookies::{CookieError, CookiePolicy, Origin},
    guard::GuardFuture,
};

/// Answers 403 `cross_site_request` to what another site sends in a user's name.
#[derive(Debug, Clone)]
#[must_use]
pub struct CrossSiteLayer(Rule);

impl CrossSiteLayer {
    /// Makes a layer that judges requests with a session cookie; the own origin is the one of the
    /// public URL, and the host that the request was sent to.
    pub const fn new(cookies: CookiePolicy) -> Self {
        Self(Rule { cookies, trusted: Vec::new(), always: false })
    }

    /// Trusts pages of another origin, such as `https://app.example.com`.
    ///
    /// # Errors
    ///
    /// If it is no origin of http or https.
    pub fn trust(mut self, origin: &str) -> Result<Self, CookieError> {
        let origin =
            Origin::of_header(origin).ok_or_else(|| CookieError::Url(origin.to_owned()))?;
        self.0.trusted.push(origin);
        Ok(self)
    }

    /// Judges every request, also without a session: for routes whose answer sets a cookie
    /// (sign-in, sign-up, refresh), or another site could sign the user in as somebody else.
    pub const fn always(mut self) -> Self {
        self.0.always = true;
        self
    }
}

impl<S> Layer<S> for CrossSiteLayer {
    type Service = CrossSiteService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CrossSiteService { rule: self.0.clone(), inner }
    }
}

/// The service that [`CrossSiteLayer`] makes.
#[derive(Debug, Clone)]
pub struct CrossSiteService<S> {
    rule: Rule,
    inner: S,
}

impl<S, B, C> Service<Request<B>> for CrossSiteService<S>
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
        match self.rule.judge(&request) {
            Ok(()) => GuardFuture::served(self.inner.call(request)),
            Err(reason) => {
                tracing::info!(%reason, method = %request.method(), "refused a cross-site request");
                GuardFuture::refused(&AuthError::CrossSite)
            }
        }
    }
}
