use std::sync::Arc;

use http::{HeaderMap, header};
use tower_layer::Layer;

use super::AuthService;
use crate::{
    Caller, Refusal, User,
    cookies::CookiePolicy,
    revocation::{RevocationView, Standing},
    token::{InvalidToken, TokenVerifier, VerifyError},
};

/// Puts a [`Caller`] into the extensions of every request. Cheap to clone.
#[derive(Debug, Clone)]
#[must_use]
pub struct AuthLayer(Arc<Parts>);

/// Behind one pointer: frameworks clone the service of a route for every request.
#[derive(Debug, Clone)]
struct Parts {
    verifier: TokenVerifier,
    cookies: CookiePolicy,
    revocations: Option<RevocationView>,
}

impl AuthLayer {
    /// Makes a layer that knows of no revocation: a ban takes effect when the token ends.
    pub fn new(verifier: TokenVerifier, cookies: CookiePolicy) -> Self {
        Self(Arc::new(Parts { verifier, cookies, revocations: None }))
    }

    /// Asks the view after every verified token.
    pub fn revocations(mut self, view: RevocationView) -> Self {
        Arc::make_mut(&mut self.0).revocations = Some(view);
        self
    }

    /// Finds out who is asking; what [`AuthService`] does, for those who have no tower.
    #[must_use]
    pub fn caller(&self, headers: &HeaderMap) -> Caller {
        let caller = match presented(&self.0.cookies, headers) {
            Ok(None) => return Caller::Anonymous,
            Ok(Some(token)) => self.judge(token),
            Err(reason) => Caller::Refused(Refusal::Invalid(reason)),
        };
        if let Caller::Refused(refusal) = &caller {
            log(refusal);
        }
        caller
    }

    fn judge(&self, token: &[u8]) -> Caller {
        let entry = match self.0.verifier.verified(token) {
            Ok(entry) => entry,
            Err(error) => return Caller::Refused(self.refusal(&error)),
        };
        let view = self.0.revocations.as_ref();
        let standing = view.map_or(Standing::Good, |view| view.standing_of(&entry.subject));
        Caller::of(User::new(entry.claims), standing)
    }

    #[cold]
    fn refusal(&self, error: &VerifyError) -> Refusal {
        match *error {
            VerifyError::Expired(_) => Refusal::Expired,
            // A service that starts, and has no keys yet, cannot tell good from bad.
            VerifyError::Invalid(InvalidToken::UnknownKey) if self.0.verifier.has_no_keys() => {
                Refusal::NotReady
            }
            VerifyError::Invalid(reason) => Refusal::Invalid(reason),
        }
    }
}

/// Out of the way of those that are served.
#[cold]
fn log(refusal: &Refusal) {
    match refusal {
        Refusal::Invalid(reason) => tracing::info!(%reason, "refused a token"),
        Refusal::Revoked | Refusal::Banned => {
            tracing::debug!("refused a token of a revoked session or a banned user");
        }
        Refusal::Expired | Refusal::Stale(_) | Refusal::NotReady => {}
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService::new(self.clone(), inner)
    }
}

/// Returns the one token of a request.
fn presented<'a>(
    cookies: &CookiePolicy,
    headers: &'a HeaderMap,
) -> Result<Option<&'a [u8]>, InvalidToken> {
    let cookie = cookies.access_bytes(headers).map_err(|_| InvalidToken::DuplicateCookie);
    match (bearer(headers)?, cookie?) {
        (Some(_), Some(_)) => Err(InvalidToken::CookieAndBearer),
        (bearer, cookie) => Ok(cookie.or(bearer.map(str::as_bytes))),
    }
}

/// Returns the bearer token; credentials of another scheme are none of ours.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, InvalidToken> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let value = value.to_str().map_err(|_| InvalidToken::Authorization)?.trim();
    if values.next().is_some() {
        return Err(InvalidToken::Authorization);
    }
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start()))
}
