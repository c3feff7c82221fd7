//! Guards: what a route demands of its caller.
//!
//! With axum the guards are extractors (`ticketkit_auth::axum`). For everything else that is a
//! tower service, [`GuardLayer`] answers in the place of the service behind it, and [`require`]
//! does the same inside a function.
//!
//! While there is [no news of revocations](crate::revocation) guards refuse; a route that rather
//! waits for tokens to end says so with [`StalePolicy::WaitForExpiry`].

mod future;
mod layer;
mod stale;

pub use future::GuardFuture;
pub use layer::{GuardLayer, GuardService};
pub use stale::{StalePolicy, StalePolicyService};

use http::Extensions;

use crate::{AuthError, Caller, User};

/// Returns the user of a request, by its extensions.
///
/// # Errors
///
/// The error that the contract has for this caller; [`AuthError::NoLayer`] where no
/// [`AuthLayer`](crate::AuthLayer) is around the service.
#[inline]
pub fn require(extensions: &Extensions) -> Result<&User, AuthError> {
    match extensions.get::<Caller>() {
        // Nearly all: there is nothing to ask then, and least of all what the route does when stale.
        Some(Caller::User(user)) => Ok(user),
        caller => require_else(caller, extensions),
    }
}

#[cold]
fn require_else<'a>(
    caller: Option<&'a Caller>,
    extensions: &Extensions,
) -> Result<&'a User, AuthError> {
    let stale = extensions.get::<StalePolicy>().copied().unwrap_or_default();
    caller.ok_or(AuthError::NoLayer)?.user(stale)
}

/// Returns the user of a request, by its extensions, if the user has the role.
///
/// # Errors
///
/// As [`require`], and [`AuthError::Forbidden`] without the role.
pub fn require_role<'a>(extensions: &'a Extensions, role: &str) -> Result<&'a User, AuthError> {
    let user = require(extensions)?;
    user.require_role(role)?;
    Ok(user)
}
