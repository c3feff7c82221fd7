//! Who is asking: what the [`AuthLayer`](crate::AuthLayer) found out about a request.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    AuthError, StalePolicy,
    revocation::Standing,
    token::{Claims, InvalidToken},
};

/// Who is asking, in the extensions of every request that went through the layer.
///
/// Read it through the guards; they know when an error is due and when nobody is enough.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Caller {
    /// No token.
    Anonymous,
    /// A token that is right in every way.
    User(User),
    /// A token that is not accepted.
    Refused(Refusal),
}

/// Why the token of a request is not accepted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Refusal {
    /// It is not one of ours, or it is not clear which of several is meant.
    Invalid(InvalidToken),
    /// It is right in all but time.
    Expired,
    /// Its session, or all sessions of the user until then, were ended.
    Revoked,
    /// The user is banned.
    Banned,
    /// It is right, and there was no news of revocations for too long. The user is for routes that
    /// [wait for the token to expire](StalePolicy::WaitForExpiry).
    Stale(User),
    /// There are no keys to verify it with yet.
    NotReady,
}

impl Caller {
    pub(crate) fn of(user: User, standing: Standing) -> Self {
        match standing {
            Standing::Good => Self::User(user),
            Standing::Revoked => Self::Refused(Refusal::Revoked),
            Standing::Banned => Self::Refused(Refusal::Banned),
            Standing::Stale => Self::Refused(Refusal::Stale(user)),
        }
    }

    /// Returns the user, or the error that a route answers which needs one.
    ///
    /// # Errors
    ///
    /// Whatever the token is refused for; [`AuthError::Unauthenticated`] without one.
    pub fn user(&self, stale: StalePolicy) -> Result<&User, AuthError> {
        match self {
            Self::User(user) => Ok(user),
            Self::Anonymous | Self::Refused(Refusal::Invalid(_)) => Err(AuthError::Unauthenticated),
            Self::Refused(Refusal::Expired) => Err(AuthError::SessionExpired),
            Self::Refused(Refusal::Revoked) => Err(AuthError::SessionRevoked),
            Self::Refused(Refusal::Banned) => Err(AuthError::AccountBanned),
            Self::Refused(Refusal::Stale(user)) => match stale {
                StalePolicy::WaitForExpiry => Ok(user),
                StalePolicy::Refuse => Err(AuthError::Stale),
            },
            Self::Refused(Refusal::NotReady) => Err(AuthError::Stale),
        }
    }
}

#[cfg(feature = "events")]
impl Caller {
    /// Asks a view again that was stale before.
    pub(crate) fn judge_again(&mut self, view: &crate::RevocationView) {
        if let Self::Refused(Refusal::Stale(user)) = self {
            *self = Self::of(user.clone(), view.standing(user.claims()));
        }
    }
}

/// A signed-in user. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(Arc<Claims>);

impl User {
    pub(crate) const fn new(claims: Arc<Claims>) -> Self {
        Self(claims)
    }

    /// Returns the id of the user.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.sub
    }

    /// Returns the id of the session.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.0.sid
    }

    /// Returns the e-mail address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.0.email
    }

    /// Returns the roles.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.0.roles
    }

    /// Tells whether the user has the role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.0.has_role(role)
    }

    /// Returns when the session began, in milliseconds since 1970, where its id says so: those that
    /// [`RefreshTokens`](crate::refresh::RefreshTokens) makes do.
    #[must_use]
    pub fn signed_in_at(&self) -> Option<i64> {
        let (seconds, nanos) = Uuid::try_parse(&self.0.sid).ok()?.get_timestamp()?.to_unix();
        i64::try_from(seconds * 1000 + u64::from(nanos / 1_000_000)).ok()
    }

    /// Returns all that the token says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// Allows the user what the condition says, such as to own the object.
    ///
    /// ```
    /// # use ticketkit_auth::{AuthError, User};
    /// # fn edit(user: &User, owner: &str) -> Result<(), AuthError> {
    /// user.require(user.id() == owner)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`AuthError::Forbidden`] if it does not hold.
    pub const fn require(&self, allowed: bool) -> Result<(), AuthError> {
        if allowed { Ok(()) } else { Err(AuthError::Forbidden) }
    }

    /// Allows the user what a role may.
    ///
    /// # Errors
    ///
    /// [`AuthError::Forbidden`] without the role.
    pub fn require_role(&self, role: &str) -> Result<(), AuthError> {
        self.require(self.has_role(role))
    }
}
