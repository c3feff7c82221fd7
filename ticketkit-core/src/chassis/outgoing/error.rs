use tower::{BoxError, load_shed::error::Overloaded, timeout::error::Elapsed};
use tower_resilience::circuitbreaker::CircuitBreakerError;

use crate::{
    ServiceError,
    client::CallError,
    error::{Timeout, Unavailable, UpstreamFailed},
};

/// Why a call has no answer.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum NoAnswer {
    /// It took too long: 504 `timeout`.
    #[error("the upstream took too long")]
    #[problem(transparent)]
    Timeout(#[source] Timeout),
    /// It was not made, since too many before it failed: 503 `unavailable`.
    #[error("the circuit is open")]
    #[problem(transparent)]
    CircuitOpen(#[source] Unavailable),
    /// It was not made, since too many are under way: 503 `unavailable`.
    #[error("too many calls are under way")]
    #[problem(transparent)]
    Overloaded(#[source] Unavailable),
    /// It failed on the way: 502 `upstream_failed`.
    #[error("the call failed")]
    #[problem(transparent)]
    Failed(#[source] UpstreamFailed),
}

impl NoAnswer {
    /// Tells apart what the layers say; `open_for` is for how long the circuit stays open.
    pub(super) fn of(error: BoxError, open_for: u64) -> Self {
        if error.is::<Elapsed>() {
            return Self::Timeout(Timeout);
        }
        if error.is::<Overloaded>() {
            return Self::Overloaded(Unavailable { retry_after: 1 });
        }
        match error.downcast::<CircuitBreakerError<BoxError>>() {
            Ok(error) => match *error {
                CircuitBreakerError::OpenCircuit => {
                    Self::CircuitOpen(Unavailable { retry_after: open_for })
                }
                CircuitBreakerError::Inner(error) => Self::of(error, open_for),
            },
            Err(error) => Self::Failed(UpstreamFailed::new(error)),
        }
    }

    /// Tells whether nothing was sent: the call may be made again, whatever it is.
    #[must_use]
    pub const fn was_not_sent(&self) -> bool {
        matches!(self, Self::CircuitOpen(_) | Self::Overloaded(_))
    }
}

/// For a client that reads answers too: then an answer of 400 or above is the other way to fail.
///
/// Passed on as an [`Upstream`](crate::client::Upstream), a call that was not made is 502 like every
/// other that failed; answered as it is, it is 503 with `Retry-After`.
impl From<NoAnswer> for CallError {
    fn from(error: NoAnswer) -> Self {
        match error {
            NoAnswer::Timeout(_) => Self::TimedOut,
            error => Self::failed(error),
        }
    }
}
