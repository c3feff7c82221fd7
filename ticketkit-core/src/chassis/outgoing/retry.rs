use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use ::http::{HeaderName, Method, Request, Response, StatusCode};
use tower::{
    BoxError,
    load_shed::error::Overloaded,
    retry::{
        Policy,
        backoff::{Backoff, ExponentialBackoff},
        budget::{Budget, TpsBudget},
    },
};
use tower_resilience::circuitbreaker::CircuitBreakerError;

use crate::client::RetryAfter;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Which attempts are made again, and when. One clone belongs to one call.
#[derive(Debug, Clone)]
pub(super) struct Attempts {
    pub(super) left: u32,
    /// Shared by all calls: retries must not multiply the load of who is down already.
    pub(super) budget: Arc<TpsBudget>,
    pub(super) backoff: ExponentialBackoff,
    /// A longer wait than this is left to the caller.
    pub(super) longest_wait: Duration,
}

impl<B: Clone, R> Policy<Request<B>, Response<R>, BoxError> for Attempts {
    type Future = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

    fn retry(
        &mut self,
        _: &mut Request<B>,
        result: &mut Result<Response<R>, BoxError>,
    ) -> Option<Self::Future> {
        let wait = match result {
            Ok(answer) if is_passing(answer.status()) => {
                RetryAfter::of(answer.headers()).map(|when| when.delay(SystemTime::now()))
            }
            Ok(_) => {
                self.budget.deposit();
                return None;
            }
            Err(error) if was_not_sent(error) => return None,
            Err(_) => None,
        };
        if self.left == 0 || wait.is_some_and(|wait| wait > self.longest_wait) {
            return None;
        }
        if !self.budget.withdraw() {
            tracing::debug!("a call is not repeated: the budget of retries is spent");
            return None;
        }
        self.left -= 1;
        let backoff = self.backoff.next_backoff();
        Some(Box::pin(async move {
            let asked = async { tokio::time::sleep(wait.unwrap_or_default()).await };
            tokio::join!(backoff, asked);
        }))
    }

    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        (self.left > 0 && is_idempotent(request)).then(|| request.clone())
    }
}

/// What is not done twice by being sent twice (RFC 9110), or says so by a key.
fn is_idempotent<B>(request: &Request<B>) -> bool {
    let method = request.method();
    method.is_safe()
        || matches!(*method, Method::PUT | Method::DELETE)
        || request.headers().contains_key(IDEMPOTENCY_KEY)
}

/// Tells whether another attempt may do better. A 500 is a bug, and stays one.
fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

fn was_not_sent(error: &BoxError) -> bool {
    // Asked again at once, neither would say anything else.
    error.is::<Overloaded>()
        || matches!(
            error.downcast_ref::<CircuitBreakerError<BoxError>>(),
            Some(CircuitBreakerError::OpenCircuit)
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_done_twice_is_repeated() {
        let with = |method: &str, key: bool| {
            let mut request = Request::builder().method(method);
            if key {
                request = request.header("idempotency-key", "k");
            }
            is_idempotent(&request.body(()).unwrap())
        };
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] {
            assert!(with(method, false), "{method}");
        }
        for method in ["POST", "PATCH", "BREW"] {
            assert!(!with(method, false) && with(method, true), "{method}");
        }
    }
}
