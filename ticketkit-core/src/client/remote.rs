use std::fmt;

use http::HeaderValue;

use super::{ForeignBody, RetryAfter};
use crate::{Code, ErrorStatus, FieldError, Problem, RequestId, error::Validation};

/// What another service answered instead of a result: a status of 400 or above.
///
/// A problem document is kept whole, whether its code is known or not; of any other body only a
/// summary. The status is that of the response, also where a document says another.
///
/// ```
/// use ticketkit_core::{client::RemoteError, error::RateLimited, respond};
///
/// let answer: http::Response<Vec<u8>> = respond(&RateLimited { retry_after: 30 });
/// let error = RemoteError::check(answer).unwrap_err();
/// assert_eq!((error.status().as_u16(), error.code().unwrap().as_str()), (429, "rate_limited"));
/// assert!(error.is_retryable() && error.retry_after().is_some());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError {
    pub(super) status: ErrorStatus,
    pub(super) said: Box<Said>,
    pub(super) retry_after: Option<RetryAfter>,
    pub(super) request_id: Option<RequestId>,
    pub(super) challenge: Option<HeaderValue>,
}

/// What the body tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Problem(Problem),
    Foreign(ForeignBody),
}

impl RemoteError {
    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> ErrorStatus {
        self.status
    }

    /// Returns the service that raised the error, if a problem names it.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.problem()?.service.as_deref()
    }

    /// Returns the code, if the answer is a problem.
    #[must_use]
    pub fn code(&self) -> Option<&Code> {
        Some(&self.problem()?.code)
    }

    /// Tells whether this is the error of this service with this code.
    #[must_use]
    pub fn is(&self, service: &str, code: &str) -> bool {
        self.service() == Some(service) && self.code().is_some_and(|is| is.as_str() == code)
    }

    /// Returns the whole document.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match &*self.said {
            Said::Problem(problem) => Some(problem),
            Said::Foreign(_) => None,
        }
    }

    /// Returns what is known of a body that is no problem.
    #[must_use]
    pub fn foreign(&self) -> Option<&ForeignBody> {
        match &*self.said {
            Said::Problem(_) => None,
            Said::Foreign(foreign) => Some(foreign),
        }
    }

    /// Returns the entries of `errors[]`; none if the answer is no problem.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        self.problem().map_or(&[], |problem| &problem.errors)
    }

    /// Returns when the service asks to be asked again.
    #[must_use]
    pub fn retry_after(&self) -> Option<RetryAfter> {
        self.retry_after
    }

    /// Returns the id under which the service logged the request.
    #[must_use]
    pub fn request_id(&self) -> Option<RequestId> {
        self.request_id
    }

    /// Tells whether the same request can succeed later: by its status, or because the service
    /// says when.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.status.is_retryable() || self.retry_after.is_some()
    }
}

/// Names the service, the status and the code; the texts of the answer stay out of it.
impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.service().unwrap_or("an upstream");
        write!(f, "{service} answered {}", self.status.as_u16())?;
        match &*self.said {
            Said::Problem(problem) => write!(f, " {}", problem.code)?,
            Said::Foreign(foreign) => write!(f, " with {foreign}")?,
        }
        match self.request_id {
            Some(id) => write!(f, " (its request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RemoteError {}

impl From<RemoteError> for Vec<FieldError> {
    fn from(error: RemoteError) -> Self {
        match *error.said {
            Said::Problem(problem) => problem.errors,
            Said::Foreign(_) => Self::new(),
        }
    }
}

impl From<RemoteError> for Validation {
    fn from(error: RemoteError) -> Self {
        let mut rules = Self::default();
        Vec::from(error).into_iter().for_each(|error| rules.add(error));
        rules
    }
}
