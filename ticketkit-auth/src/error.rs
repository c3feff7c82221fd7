use std::borrow::Cow;

use ticketkit_core::{Code, ErrorStatus, ServiceError, catalogue::Entry};

use crate::{RandomError, cookies::CookieError, keys::KeyError, token::IssueError};

/// Why a route does not serve a caller: the errors of the contract and no more.
///
/// The texts are fixed, so that nobody learns from one what exactly is wrong with a forged token.
/// Every 401 has the same `WWW-Authenticate`, which RFC 9110 demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum AuthError {
    /// 401: nobody, or a token that is invalid in any way.
    #[error("not signed in")]
    #[problem(status = 401, title = "Not signed in", header("WWW-Authenticate" = "Bearer"))]
    Unauthenticated,
    /// 401: a token that is right in all but time; the client refreshes and tries again.
    #[error("the session has expired")]
    #[problem(
        status = 401,
        title = "The session has expired",
        header("WWW-Authenticate" = "Bearer")
    )]
    SessionExpired,
    /// 401: a session that was ended.
    #[error("the session was ended")]
    #[problem(status = 401, title = "The session was ended", header("WWW-Authenticate" = "Bearer"))]
    SessionRevoked,
    /// 403: known, and not allowed.
    #[error("not allowed")]
    #[problem(status = 403, title = "Not allowed")]
    Forbidden,
    /// 403: banned.
    #[error("the account is banned")]
    #[problem(status = 403, title = "The account is banned")]
    AccountBanned,
    /// 403: the request comes from a page of another site.
    #[error("the request comes from another site")]
    #[problem(
        status = 403,
        code = "cross_site_request",
        title = "The request comes from another site"
    )]
    CrossSite,
    /// 503: it cannot be told at the moment whether the user is banned. A view heals with the next
    /// heartbeat, which is a second away.
    #[error("no news of revocations for too long")]
    #[problem(
        status = 503,
        code = "auth_stale",
        title = "Sessions cannot be checked at the moment",
        retry_after = 1u8
    )]
    Stale,
    /// 500: the route has a guard, and no `AuthLayer` is around it.
    #[error("a guard without an auth layer around it: add AuthLayer to the router")]
    #[problem(internal)]
    NoLayer,
}

/// What no client can help: 500 `internal`, the text for the log alone. So that a service's own
/// error can hold them with `#[problem(transparent)]`.
macro_rules! internal {
    ($($error:ty),*) => {$(
        impl ServiceError for $error {
            fn status(&self) -> ErrorStatus {
                ErrorStatus::INTERNAL_SERVER_ERROR
            }

            fn code(&self) -> Code {
                Code::new("internal")
            }

            fn title(&self) -> Cow<'static, str> {
                "Something went wrong on our side".into()
            }

            fn entries() -> Vec<Entry> {
                vec![Entry::internal()]
            }
        }
    )*};
}

internal!(CookieError, IssueError, KeyError, RandomError);
