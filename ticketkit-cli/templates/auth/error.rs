//! What the service answers where it does not do what was asked.

use ticketkit_auth::{
    AuthError, RandomError, cookies::CookieError, feed::FeedError, password::PasswordError,
    token::IssueError,
};
use ticketkit_core::{
    ServiceError,
    error::{Internal, NotFound, RateLimited, Validation},
};
use ticketkit_events::PublishError;

/// Why a request is refused or failed.
#[derive(Debug, thiserror::Error, ServiceError)]
pub(crate) enum Error {
    #[error(transparent)]
    #[problem(transparent)]
    InvalidCredentials(#[from] InvalidCredentials),
    #[error("the e-mail address is in use")]
    #[problem(status = 409, title = "The e-mail address is in use", field = "email")]
    EmailInUse,
    #[error("administrators do not ban themselves")]
    #[problem(status = 409, title = "You cannot ban yourself")]
    CannotBanSelf,
    #[error(transparent)]
    #[problem(transparent)]
    Auth(#[from] AuthError),
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    #[error(transparent)]
    #[problem(transparent)]
    Validation(#[from] Validation),
    #[error(transparent)]
    #[problem(transparent)]
    RateLimited(#[from] RateLimited),
    #[error(transparent)]
    #[problem(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    #[problem(transparent)]
    Internal(#[from] Internal),
    #[error("the database failed")]
    #[problem(internal)]
    Database(#[from] sqlx::Error),
    #[error("an event was not published")]
    #[problem(internal)]
    Publish(#[from] PublishError),
    #[error("a revocation was not published")]
    #[problem(internal)]
    Feed(#[from] FeedError),
    #[error("an access token was not issued")]
    #[problem(internal)]
    Issue(#[from] IssueError),
    #[error("the session's cookies cannot be set")]
    #[problem(internal)]
    Cookie(#[from] CookieError),
    #[error("a session cannot be started")]
    #[problem(internal)]
    Random(#[from] RandomError),
}

/// 401 `invalid_credentials`: it does not say which of the two is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("wrong e-mail address or password")]
#[problem(
    status = 401,
    title = "The credentials are wrong",
    header("WWW-Authenticate" = "Bearer")
)]
pub(crate) struct InvalidCredentials;
