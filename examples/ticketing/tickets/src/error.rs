use ticketkit_auth::AuthError;
use ticketkit_core::{
    ServiceError,
    error::{NotFound, StaleVersion, Validation},
};
use ticketkit_events::PublishError;

use crate::domain::Refusal;

/// What the service answers with when it does not do what it is asked.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum Error {
    /// There is no such ticket.
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    /// Not this caller.
    #[error(transparent)]
    #[problem(transparent)]
    Auth(#[from] AuthError),
    /// A value breaks a rule.
    #[error(transparent)]
    #[problem(transparent)]
    Validation(#[from] Validation),
    /// `If-Match` names another version.
    #[error(transparent)]
    #[problem(transparent)]
    Stale(#[from] StaleVersion),
    /// The state of the ticket does not allow it.
    #[error(transparent)]
    #[problem(transparent)]
    Refused(#[from] Refusal),
    /// The database failed.
    #[error("the store failed")]
    #[problem(internal)]
    Store(#[from] sqlx::Error),
    /// The news could not be written down.
    #[error("the event was not published")]
    #[problem(internal)]
    Publish(#[from] PublishError),
}
