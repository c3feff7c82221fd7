{% if project.auth %}
use ticketkit_auth::AuthError;
{% endif %}
use ticketkit_core::{
    ServiceError,
    error::{NotFound, StaleVersion, Validation},
};
{% if service.events %}
use ticketkit_events::PublishError;
{% endif %}

/// What the service answers with when it does not do what it is asked.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum Error {
    /// There is no such thing.
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
{% if project.auth %}
    /// Not this caller.
    #[error(transparent)]
    #[problem(transparent)]
    Auth(#[from] AuthError),
{% endif %}
    /// A value breaks a rule.
    #[error(transparent)]
    #[problem(transparent)]
    Validation(#[from] Validation),
    /// `If-Match` names another version.
    #[error(transparent)]
    #[problem(transparent)]
    Stale(#[from] StaleVersion),
    /// The database failed.
    #[error("the store failed")]
    #[problem(internal)]
    Store(#[from] sqlx::Error),
{% if service.events %}
    /// The news could not be written down.
    #[error("the event was not published")]
    #[problem(internal)]
    Publish(#[from] PublishError),
{% endif %}
}
