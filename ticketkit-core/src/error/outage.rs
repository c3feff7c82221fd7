use std::error::Error;

use crate::ServiceError;

/// 500 `internal`: a bug or an outage, of which the client learns the request id alone.
///
/// ```
/// use ticketkit_core::{Problem, error::Internal};
///
/// let error = Internal::new(std::io::Error::other("disk 3 of rack 7 is full"));
/// assert!(!String::from_utf8(Problem::of(&error).to_json()).unwrap().contains("rack"));
/// ```
#[derive(Debug, thiserror::Error, ServiceError)]
#[error("internal error")]
#[problem(internal)]
pub struct Internal(#[source] Box<dyn Error + Send + Sync>);

impl Internal {
    /// Hides an error.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// 503 `unavailable`, with `Retry-After` in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("unavailable for about {retry_after} s")]
#[problem(status = 503, title = "Not available at the moment", retry_after = self.retry_after)]
pub struct Unavailable {
    /// Seconds after which another attempt is worth while.
    pub retry_after: u64,
}

/// 504 `timeout`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("timeout")]
#[problem(status = 504, title = "It took too long")]
pub struct Timeout;

/// 502 `upstream_failed`: a service behind this one failed.
#[derive(Debug, thiserror::Error, ServiceError)]
#[error("upstream failed")]
#[problem(status = 502, title = "A service behind this one failed")]
pub struct UpstreamFailed(#[source] Box<dyn Error + Send + Sync>);

impl UpstreamFailed {
    /// Hides what the upstream said.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}
