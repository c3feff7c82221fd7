use std::{fmt, sync::Arc, time::Duration};

use ticketkit_events::Bus;

use super::{Fetch, HttpFetch, RemoteError, RemoteKeys, RemoteStatus, source::RemoteSource};
use crate::{
    AuthLayer, Clock, CookiePolicy, RevocationView, TokenVerifier,
    feed::{AskLayer, BOUND, Feed, StatementVerifier},
};

/// Verifies the tokens of an issuer that is another service.
#[derive(Debug)]
#[must_use = "nothing is loaded and followed until it runs"]
pub struct RemoteAuth {
    layer: AuthLayer,
    view: RevocationView,
    keys: RemoteKeys,
    feed: Feed,
}

/// What a [`RemoteAuth`] is made with.
///
/// | setting | default |
/// |---|---|
/// | [`bound`](Self::bound) | 5 s |
/// | [`max_lifetime`](Self::max_lifetime) | 15 min |
/// | [`fetch`](Self::fetch) | [`HttpFetch`] |
/// | [`clock`](Self::clock) | the system's |
#[must_use]
pub struct RemoteAuthBuilder {
    url: String,
    issuer: Arc<str>,
    audience: Arc<str>,
    cookies: CookiePolicy,
    bound: Duration,
    max_lifetime: Duration,
    fetch: Option<Arc<dyn Fetch>>,
    plain_http: bool,
    clock: Clock,
}

impl RemoteAuth {
    /// Begins with where the issuer is, what its tokens have in `iss` and `aud`, and how its
    /// cookies are called.
    pub fn builder(
        url: impl Into<String>,
        issuer: impl Into<Arc<str>>,
        audience: impl Into<Arc<str>>,
        cookies: CookiePolicy,
    ) -> RemoteAuthBuilder {
        RemoteAuthBuilder {
            url: url.into(),
            issuer: issuer.into(),
            audience: audience.into(),
            cookies,
            bound: BOUND,
            max_lifetime: Duration::from_secs(900),
            fetch: None,
            plain_http: false,
            clock: Clock::system(),
        }
    }

    /// Returns the layer for the routes.
    pub fn layer(&self) -> AuthLayer {
        self.layer.clone()
    }

    /// Returns what this instance knows of revocations.
    #[must_use]
    pub fn revocations(&self) -> RevocationView {
        self.view.clone()
    }

    /// Returns the status, for readiness and metrics.
    #[must_use]
    pub fn status(&self) -> RemoteStatus {
        RemoteStatus { keys: self.keys.clone(), feed: self.feed.status() }
    }

    /// Returns the layer for routes that ask the issuer where the view is stale.
    pub fn ask(&self) -> AskLayer {
        self.feed.ask()
    }

    /// Keeps keys and revocations current until `shutdown`. It can be dropped at any time.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let Self { keys, feed, .. } = self;
        tokio::select! {
            () = keys.run() => {}
            () = feed.run(shutdown) => {}
        }
    }
}

impl RemoteAuthBuilder {
    /// Sets how old the view may be before it is stale.
    pub const fn bound(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    /// Sets the longest lifetime of a token that is accepted, in whole seconds.
    pub const fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// Sets how documents are fetched; the URL then only names the issuer.
    pub fn fetch(mut self, fetch: impl Fetch) -> Self {
        self.fetch = Some(Arc::new(fetch));
        self
    }

    /// Allows plain HTTP to an issuer off loopback: whoever is on the way can put keys of their own
    /// in place. For a network that nobody else is in, such as that of a cluster.
    pub const fn danger_allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Sets the clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Declares the subscription of this instance of `service`; nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// If the URL is unfit, or the engine has no fan-out or cannot be reached.
    pub async fn bind(self, service: &str, bus: &Bus) -> Result<RemoteAuth, RemoteError> {
        let fetch = match self.fetch {
            Some(fetch) => fetch,
            None if self.plain_http => Arc::new(HttpFetch::danger_allow_plain_http(&self.url)?),
            None => Arc::new(HttpFetch::new(&self.url)?),
        };
        let keys = RemoteKeys::new(fetch.clone(), self.clock.clone())?;
        let verifier = TokenVerifier::new(keys.set(), self.issuer.clone(), self.audience)
            .max_lifetime(self.max_lifetime)
            .clock(self.clock.clone());
        let view = RevocationView::new(verifier.longest_validity(), self.bound, self.clock);
        let statements = StatementVerifier::new(keys.set(), self.issuer);
        let source = RemoteSource { fetch, keys: keys.clone(), verifier: statements.clone() };
        let feed = Feed::bind(service, bus, view.clone(), statements, source).await?;
        let layer = AuthLayer::new(verifier, self.cookies).revocations(view.clone());
        Ok(RemoteAuth { layer, view, keys, feed })
    }
}

impl fmt::Debug for RemoteAuthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteAuthBuilder").field("url", &self.url).finish_non_exhaustive()
    }
}
