use std::error::Error;

use super::{RemoteError, Upstream};

/// Why a call to another service has no result.
///
/// It is for the caller, who decides what to do about it. What the caller's own client learns is
/// another question: [`Upstream`] answers it.
///
/// ```
/// use ticketkit_core::client::{CallError, RemoteError};
///
/// /// What some client of HTTP brought, read to its end.
/// fn read(
///     answer: Result<http::Response<Vec<u8>>, std::io::Error>,
/// ) -> Result<http::Response<Vec<u8>>, CallError> {
///     let answer = answer.map_err(CallError::failed)?;
///     Ok(RemoteError::check(answer)?)
/// }
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// assert!(read(Err(refused)).unwrap_err().is_retryable());
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The service answered with an error.
    #[error(transparent)]
    Answered(#[from] RemoteError),
    /// No answer came in time: whether the service did what it was asked is not known.
    #[error("no answer in time")]
    TimedOut,
    /// No answer came at all, or none that could be read.
    #[error("no answer")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl CallError {
    /// Wraps what a client of HTTP reports.
    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(source.into())
    }

    /// Returns the service's answer, if there is one.
    #[must_use]
    pub fn answer(&self) -> Option<&RemoteError> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::TimedOut | Self::Failed(_) => None,
        }
    }

    /// Tells whether the same call can succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.answer().is_none_or(RemoteError::is_retryable)
    }

    /// Decides what the caller's own client learns.
    pub fn upstream(self) -> Upstream {
        Upstream::new(self)
    }
}

impl RemoteError {
    /// Decides what the caller's own client learns.
    pub fn upstream(self) -> Upstream {
        Upstream::new(self)
    }
}
