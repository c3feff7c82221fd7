use std::{fmt, time::Duration};

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Claims, IssueError, MAX_TOKEN_BYTES, TYPE, claims::RESERVED};
use crate::{Clock, jws, keys::KeyRing};

/// To whom a token is issued.
///
/// ```
/// use ticketkit_auth::token::Grant;
///
/// let grant = Grant::new("user-1", "session-1").epoch(3).role("admin").email("ada@example.com");
/// assert_eq!(grant.roles, ["admin"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Grant {
    /// The id of the user.
    pub user: String,
    /// The id of the session.
    pub session: String,
    /// The user's auth epoch.
    pub epoch: i64,
    /// The user's roles.
    pub roles: Vec<String>,
    /// The user's e-mail address.
    pub email: String,
    custom: Map<String, Value>,
}

impl Grant {
    /// Makes a grant for a user in a session: epoch 0, no roles, no address.
    pub fn new(user: impl Into<String>, session: impl Into<String>) -> Self {
        let (user, session) = (user.into(), session.into());
        let (roles, email) = (Vec::new(), String::new());
        Self { user, session, epoch: 0, roles, email, custom: Map::new() }
    }

    /// Sets the user's auth epoch.
    pub const fn epoch(mut self, epoch: i64) -> Self {
        self.epoch = epoch;
        self
    }

    /// Adds a role.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Adds roles.
    pub fn roles<R: Into<String>>(mut self, roles: impl IntoIterator<Item = R>) -> Self {
        self.roles.extend(roles.into_iter().map(Into::into));
        self
    }

    /// Sets the user's e-mail address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = email.into();
        self
    }

    /// Adds claims of your own, of a struct or a map; services read them by [`Claims::custom`].
    ///
    /// # Errors
    ///
    /// If it is no object, does not serialise, or has a member with a name of the contract.
    pub fn custom(mut self, claims: &impl Serialize) -> Result<Self, IssueError> {
        let Value::Object(claims) = serde_json::to_value(claims)? else {
            return Err(IssueError::NoObject);
        };
        if let Some(name) = claims.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(IssueError::Reserved(name.clone()));
        }
        self.custom.extend(claims);
        Ok(self)
    }
}

/// A signed access token. Its debug output hides it.
#[derive(Clone)]
pub struct AccessToken {
    text: String,
    claims: Claims,
}

impl AccessToken {
    /// Returns the token, as it goes into the cookie or the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns what it says.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// Issues access tokens with the active key of a ring. Cheap to clone.
#[derive(Debug, Clone)]
#[must_use]
pub struct TokenIssuer {
    ring: KeyRing,
    issuer: String,
    audience: String,
    lifetime: Duration,
    clock: Clock,
}

impl TokenIssuer {
    /// Makes an issuer of tokens that live for 5 minutes.
    pub fn new(ring: KeyRing, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            ring,
            issuer: issuer.into(),
            audience: audience.into(),
            lifetime: Duration::from_secs(300),
            clock: Clock::system(),
        }
    }

    /// Sets how long tokens live, in whole seconds.
    ///
    /// Verifiers refuse what lives longer than their own
    /// [maximum](super::TokenVerifier::max_lifetime).
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Issues a token.
    ///
    /// # Errors
    ///
    /// If the key fails, or the token would be larger than verifiers accept.
    pub fn issue(&self, grant: &Grant) -> Result<AccessToken, IssueError> {
        let now = self.clock.unix_seconds();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: grant.user.clone(),
            sid: grant.session.clone(),
            jti: Uuid::new_v4().to_string(),
            iat: now,
            exp: now.saturating_add_unsigned(self.lifetime.as_secs()),
            epo: grant.epoch,
            roles: grant.roles.clone(),
            email: grant.email.clone(),
            custom: grant.custom.clone(),
        };
        let text = jws::sign(&self.ring.active_for(self.lifetime), TYPE, &claims)?;
        if text.len() > MAX_TOKEN_BYTES {
            return Err(IssueError::TooLarge(text.len()));
        }
        Ok(AccessToken { text, claims })
    }
}
