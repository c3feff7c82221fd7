use std::{sync::Arc, time::Duration};

use super::{
    Claims, InvalidToken, MAX_LEEWAY_SECONDS, MAX_TOKEN_BYTES, TYPE, VerifyError,
    cache::{Cache, Entry},
    payload,
};
use crate::{Clock, jws, keys::KeySet, revocation::Subject};

/// Verifies access tokens. Cheap to clone; clones share the cache of verified tokens.
#[derive(Debug, Clone)]
#[must_use]
pub struct TokenVerifier {
    keys: KeySet,
    issuer: Arc<str>,
    audience: Arc<str>,
    max_lifetime: i64,
    leeway: i64,
    clock: Clock,
    cache: Arc<Cache>,
}

impl TokenVerifier {
    /// Makes a verifier that accepts tokens of this issuer for this audience alone.
    ///
    /// Tokens live for at most 15 minutes, the issuer's clock may differ by 2 s, and 10,000
    /// verified tokens are remembered.
    pub fn new(
        keys: impl Into<KeySet>,
        issuer: impl Into<Arc<str>>,
        audience: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            keys: keys.into(),
            issuer: issuer.into(),
            audience: audience.into(),
            max_lifetime: 900,
            leeway: 2,
            clock: Clock::system(),
            cache: Arc::new(Cache::new(10_000)),
        }
    }

    /// Sets the longest `exp - iat` that is accepted, in whole seconds.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        // What is remembered was judged by the other maximum, perhaps for a clone of this one.
        self.cache = Arc::new(self.cache.emptied());
        self
    }

    /// Sets the tolerance towards the issuer's clock, in whole seconds; more than
    /// [`MAX_LEEWAY_SECONDS`] counts as that.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        let seconds = leeway.as_secs().min(MAX_LEEWAY_SECONDS);
        self.leeway = i64::try_from(seconds).unwrap_or_default();
        self
    }

    /// Sets the clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how many verified tokens are remembered; 0 verifies each signature anew.
    pub fn cache(mut self, tokens: usize) -> Self {
        self.cache = Arc::new(Cache::new(tokens));
        self
    }

    /// Verifies a token, all of it but what a [revocation](crate::revocation) says.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Expired`] if it is right in all but time, else [`VerifyError::Invalid`].
    pub fn verify(&self, token: &str) -> Result<Arc<Claims>, VerifyError> {
        self.verified(token.as_bytes()).map(|entry| entry.claims)
    }

    /// As [`verify`](Self::verify): with what the cache knows of it, and of a text that nobody has
    /// looked at yet. A token that is in the cache is known to be one.
    pub(crate) fn verified(&self, token: &[u8]) -> Result<Entry, VerifyError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(VerifyError::Invalid(InvalidToken::TooLarge));
        }
        let entry = match self.cache.find(token) {
            Some(entry) if entry.keys == self.keys.generation() => entry,
            _ => self.verified_anew(token)?,
        };
        match self.check_time(&entry) {
            Ok(()) => Ok(entry),
            Err(error) => Err(error),
        }
    }

    /// What it takes where the cache does not have the token: a signature costs a hundred times what a
    /// hit does.
    #[cold]
    fn verified_anew(&self, token: &[u8]) -> Result<Entry, VerifyError> {
        let entry = self.decode(token).map_err(VerifyError::Invalid)?;
        self.cache.insert(token, entry.clone());
        Ok(entry)
    }

    /// Checks all that time does not change.
    fn decode(&self, token: &[u8]) -> Result<Entry, InvalidToken> {
        let token = str::from_utf8(token).map_err(|_| InvalidToken::Encoding)?;
        let keys = self.keys.state();
        let json = jws::open(&keys, TYPE, token).inspect_err(|&reason| {
            if reason == InvalidToken::UnknownKey {
                self.keys.missed(token);
            }
        })?;
        let payload = payload::parse(&json)?;
        let claims = payload.claims;
        if claims.iss != *self.issuer {
            return Err(InvalidToken::Issuer);
        }
        if claims.aud != *self.audience {
            return Err(InvalidToken::Audience);
        }
        let lifetime = claims.exp.checked_sub(claims.iat).ok_or(InvalidToken::Lifetime)?;
        if claims.iat < 0 || lifetime <= 0 || lifetime > self.max_lifetime {
            return Err(InvalidToken::Lifetime);
        }
        let subject = Subject::of(&claims);
        let claims = Arc::new(claims);
        Ok(Entry { claims, subject, nbf: payload.nbf, keys: keys.generation })
    }

    /// Checks what time changes; on every hit of the cache too.
    fn check_time(&self, entry: &Entry) -> Result<(), VerifyError> {
        let now = self.clock.unix_seconds();
        let latest = now.saturating_add(self.leeway);
        let claims = &entry.claims;
        if claims.iat > latest {
            return Err(VerifyError::Invalid(InvalidToken::IssuedInFuture));
        }
        if entry.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(VerifyError::Invalid(InvalidToken::NotYetValid));
        }
        if claims.exp.saturating_add(self.leeway) <= now {
            return Err(VerifyError::Expired(Arc::clone(claims)));
        }
        Ok(())
    }

    /// Tells whether there is no key to verify with yet.
    pub(crate) fn has_no_keys(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the longest time for which a token can be accepted after it was issued.
    ///
    /// What a [`RevocationView`](crate::revocation::RevocationView) must remember.
    #[must_use]
    pub fn longest_validity(&self) -> Duration {
        let seconds = self.max_lifetime.saturating_add(2 * self.leeway);
        Duration::from_secs(seconds.unsigned_abs())
    }
}
