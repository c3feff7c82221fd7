use std::{fmt, marker::PhantomData, ops::Deref};

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{AuthError, User, guard};

/// The signed-in user; everyone else gets the error that the contract has for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentUser(pub User);

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthError> {
        guard::require(&parts.extensions).cloned().map(Self)
    }
}

impl Deref for CurrentUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

/// The signed-in user, or nobody: a bad, doubled or missing token is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionalUser(pub Option<User>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalUser {
    /// Only for a router without an auth layer.
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthError> {
        match guard::require(&parts.extensions) {
            Ok(user) => Ok(Self(Some(user.clone()))),
            // Everybody would be nobody, and nobody would notice.
            Err(AuthError::NoLayer) => Err(AuthError::NoLayer),
            Err(_) => Ok(Self(None)),
        }
    }
}

/// A role that a route can demand.
///
/// ```
/// use ticketkit_auth::axum::{RequireRole, Role};
///
/// #[derive(Debug)]
/// struct Support;
///
/// impl Role for Support {
///     const NAME: &'static str = "support";
/// }
///
/// async fn refund(user: RequireRole<Support>) -> String {
///     format!("by {}", user.id())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no role",
    note = "implement `Role` for it, with the name that tokens have in `roles`"
)]
pub trait Role: Send + Sync + 'static {
    /// The name, as tokens have it in `roles`.
    const NAME: &'static str;
}

/// The role `admin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admin;

impl Role for Admin {
    const NAME: &'static str = "admin";
}

/// The signed-in user, who has the role `R`; a user without it gets 403 `forbidden`.
pub struct RequireRole<R> {
    user: User,
    role: PhantomData<fn() -> R>,
}

/// A signed-in administrator.
pub type AdminUser = RequireRole<Admin>;

impl<R> RequireRole<R> {
    /// Returns the user.
    #[must_use]
    pub fn into_user(self) -> User {
        self.user
    }
}

impl<R: Role, S: Send + Sync> FromRequestParts<S> for RequireRole<R> {
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthError> {
        let user = guard::require_role(&parts.extensions, R::NAME)?.clone();
        Ok(Self { user, role: PhantomData })
    }
}

impl<R> Deref for RequireRole<R> {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl<R> Clone for RequireRole<R> {
    fn clone(&self) -> Self {
        Self { user: self.user.clone(), role: PhantomData }
    }
}

impl<R> fmt::Debug for RequireRole<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequireRole").field(&self.user).finish()
    }
}
