//! Ready-made errors: those that every service has, with the statuses and codes of the contract.
//!
//! Use them alone, or inside an error of your own with `#[problem(transparent)]`:
//!
//! ```
//! use ticketkit_core::{ServiceError, error::{Internal, NotFound}};
//!
//! #[derive(Debug, thiserror::Error, ServiceError)]
//! enum TicketError {
//!     #[error(transparent)]
//!     #[problem(transparent)]
//!     NotFound(#[from] NotFound),
//!     #[error(transparent)]
//!     #[problem(transparent)]
//!     Internal(#[from] Internal),
//! }
//!
//! fn load() -> Result<String, TicketError> {
//!     let text = std::fs::read_to_string("/no/such/file").map_err(Internal::new)?;
//!     text.lines().next().map(str::to_owned).ok_or(NotFound.into())
//! }
//!
//! assert_eq!(load().unwrap_err().status().as_u16(), 500);
//! ```

mod body;
mod outage;

pub use body::{MalformedBody, MalformedJson, PayloadTooLarge, UnsupportedMediaType, Validation};
pub use outage::{Internal, Timeout, Unavailable, UpstreamFailed};

use crate::ServiceError;

/// 404 `not_found`: there is no such object, or none that the caller may know of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("not found")]
#[problem(status = 404)]
pub struct NotFound;

/// 405 `method_not_allowed`; whoever raises it adds the header `Allow`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("method not allowed")]
#[problem(status = 405)]
pub struct MethodNotAllowed;

/// 403 `forbidden`: the caller is known, and may not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("forbidden")]
#[problem(status = 403, title = "Not allowed")]
pub struct Forbidden;

/// 412 `stale_version`: `If-Match` names a version that is no longer current.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("stale version")]
#[problem(status = 412, title = "The version is no longer current")]
pub struct StaleVersion;

/// 429 `rate_limited`, with `Retry-After` in seconds.
///
/// ```
/// use ticketkit_core::{error::RateLimited, respond};
///
/// let response: http::Response<Vec<u8>> = respond(&RateLimited { retry_after: 30 });
/// assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"30".parse().unwrap()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("rate limited for {retry_after} s")]
#[problem(status = 429, title = "Too many attempts", retry_after = self.retry_after)]
pub struct RateLimited {
    /// Seconds until the next attempt can succeed.
    pub retry_after: u64,
}
