use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, header};
use ticketkit_core::{Code, ErrorStatus, ServiceError};

use crate::{RandomError, cookies::CookieError, keys::KeyError, token::IssueError};

/// Why a route does not serve a caller: the errors of the contract and no more.
///
/// The texts are fixed, so that nobody learns from one what exactly is wrong with a forged token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// 401: nobody, or a token that is invalid in any way.
    #[error("not signed in")]
    Unauthenticated,
    /// 401: a token that is right in all but time; the client refreshes and tries again.
    #[error("the session has expired")]
    SessionExpired,
    /// 401: a session that was ended.
    #[error("the session was ended")]
    SessionRevoked,
    /// 403: known, and not allowed.
    #[error("not allowed")]
    Forbidden,
    /// 403: banned.
    #[error("the account is banned")]
    AccountBanned,
    /// 403: the request comes from a page of another site.
    #[error("the request comes from another site")]
    CrossSite,
    /// 503: it cannot be told at the moment whether the user is banned.
    #[error("no news of revocations for too long")]
    Stale,
    /// 500: the route has a guard, and no `AuthLayer` is around it.
    #[error("a guard without an auth layer around it: add AuthLayer to the router")]
    NoLayer,
}

impl ServiceError for AuthError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Unauthenticated | Self::SessionExpired | Self::SessionRevoked => {
                ErrorStatus::UNAUTHORIZED
            }
            Self::Forbidden | Self::AccountBanned | Self::CrossSite => ErrorStatus::FORBIDDEN,
            Self::Stale => ErrorStatus::SERVICE_UNAVAILABLE,
            Self::NoLayer => ErrorStatus::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> Code {
        Code::new(match self {
            Self::Unauthenticated => "unauthenticated",
            Self::SessionExpired => "session_expired",
            Self::SessionRevoked => "session_revoked",
            Self::Forbidden => "forbidden",
            Self::AccountBanned => "account_banned",
            Self::CrossSite => "cross_site_request",
            Self::Stale => "auth_stale",
            Self::NoLayer => "internal",
        })
    }

    fn title(&self) -> Cow<'static, str> {
        match self {
            Self::Unauthenticated => "Not signed in",
            Self::SessionExpired => "The session has expired",
            Self::SessionRevoked => "The session was ended",
            Self::Forbidden => "Not allowed",
            Self::AccountBanned => "The account is banned",
            Self::CrossSite => "The request comes from another site",
            Self::Stale => "Sessions cannot be checked at the moment",
            Self::NoLayer => "Something went wrong on our side",
        }
        .into()
    }

    fn headers(&self, headers: &mut HeaderMap) {
        match self {
            // RFC 9110 demands it of every 401. It is the same for all of them on purpose.
            Self::Unauthenticated | Self::SessionExpired | Self::SessionRevoked => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Stale => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
            }
            _ => {}
        }
    }
}

/// A view heals with the next heartbeat, which is a second away.
const RETRY_AFTER_SECONDS: u16 = 1;

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
        }
    )*};
}

internal!(CookieError, IssueError, KeyError, RandomError);
