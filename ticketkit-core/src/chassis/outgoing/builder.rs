use std::{sync::Arc, time::Duration};

use ::http::{Request, Response};
use tower::{
    BoxError, Service, ServiceBuilder,
    retry::{
        backoff::{ExponentialBackoffMaker, MakeBackoff},
        budget::TpsBudget,
    },
    util::{BoxCloneSyncService, rng::HasherRng},
};
use tower_resilience::circuitbreaker::{CircuitBreakerLayer, CircuitState};

use super::{NoAnswer, retry::Attempts};
use crate::trace::PropagateLayer;

/// What [`Outgoing::around`] makes: clones share the limit, the budget and the circuit.
pub type OutgoingService<B, R> = BoxCloneSyncService<Request<B>, Response<R>, NoAnswer>;

/// Makes the stack around calls to one other service: see the [module](super).
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it has a service"]
pub struct Outgoing {
    name: String,
    timeout: Duration,
    attempt_timeout: Duration,
    attempts: u32,
    backoff: Duration,
    longest_wait: Duration,
    retries_per_call: f32,
    concurrency: usize,
    failure_rate: f64,
    window: usize,
    open_for: Duration,
}

impl Outgoing {
    /// Begins with the defaults that each method names; the name is for the log.
    pub fn to(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(3),
            attempts: 3,
            backoff: Duration::from_millis(50),
            longest_wait: Duration::from_secs(2),
            retries_per_call: 0.2,
            concurrency: 100,
            failure_rate: 0.5,
            window: 20,
            open_for: Duration::from_secs(5),
        }
    }

    /// Sets how long a call may take with all its attempts until its answer begins: 10 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how long one attempt may take until its answer begins: 3 s.
    pub const fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets how often an idempotent call is tried: 3 times. 1 is never again.
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = if attempts == 0 { 1 } else { attempts };
        self
    }

    /// Sets the wait before the second attempt, which doubles with each and varies: 50 ms.
    ///
    /// The upstream's `Retry-After` makes it longer. Where it asks for more than `longest`, 2 s, the
    /// answer is passed on instead.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = first.max(Duration::from_millis(1));
        self.longest_wait = longest.max(self.backoff);
        self
    }

    /// Sets how many retries there may be for each call that succeeds: 0.2, beside one a second.
    ///
    /// Between 0 and 1000.
    pub const fn retries_per_call(mut self, share: f32) -> Self {
        self.retries_per_call = share.clamp(0.0, 1000.0);
        self
    }

    /// Sets how many attempts run at once: 100.
    pub const fn concurrency(mut self, limit: usize) -> Self {
        self.concurrency = if limit == 0 { 1 } else { limit };
        self
    }

    /// Sets when the circuit opens, and for how long: as soon as half of the last 20 attempts have
    /// failed, for 5 s. Then a single attempt decides.
    ///
    /// An attempt has failed if it has no answer, or one of 500 or above. The rate is between 0 and
    /// 1; one of 0 is taken for 1 %.
    pub fn circuit(mut self, failure_rate: f64, window: usize, open_for: Duration) -> Self {
        self.failure_rate = failure_rate.clamp(0.01, 1.0);
        self.window = window.max(1);
        self.open_for = open_for;
        self
    }

    /// Puts the stack around a service.
    ///
    /// A body is cloned for a second attempt: use one that is cheap to clone, such as
    /// `http_body_util::Full<Bytes>`. The service that is returned is always ready.
    pub fn around<S, B, R>(self, service: S) -> OutgoingService<B, R>
    where
        S: Service<Request<B>, Response = Response<R>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError> + Send + 'static,
        S::Future: Send + 'static,
        B: Clone + Send + Sync + 'static,
        R: Send + 'static,
    {
        // Rounded up: who asks again too early finds the circuit open.
        let open_for = self.open_for.as_secs() + u64::from(self.open_for.subsec_nanos() > 0);
        let name = self.name.clone();
        let circuit = CircuitBreakerLayer::builder()
            .name(self.name.clone())
            .failure_rate_threshold(self.failure_rate)
            .sliding_window_size(self.window)
            .minimum_number_of_calls(self.window)
            .wait_duration_in_open(self.open_for)
            .permitted_calls_in_half_open(1)
            .failure_classifier(|result: &Result<Response<R>, BoxError>| {
                result.as_ref().map_or(true, |answer| answer.status().is_server_error())
            })
            .on_state_transition(move |_, to| match to {
                CircuitState::Closed => tracing::info!(upstream = name, "the circuit is closed"),
                state => tracing::warn!(upstream = name, ?state, "the circuit is not closed"),
            })
            .build();
        // Each setter above has seen to what is refused here.
        let circuit = circuit.unwrap_or_else(|_| unreachable!("the settings are within bounds"));
        let stack = ServiceBuilder::new()
            .map_err(move |error: BoxError| NoAnswer::of(error, open_for))
            .timeout(self.timeout)
            .retry(self.attempts_policy())
            .load_shed()
            .concurrency_limit(self.concurrency);
        #[cfg(feature = "otel")]
        let stack = stack.layer(super::span::SpanLayer);
        let stack = stack
            .layer(PropagateLayer)
            .layer(circuit)
            .timeout(self.attempt_timeout)
            .map_err(Into::into);
        BoxCloneSyncService::new(stack.service(service))
    }

    fn attempts_policy(&self) -> Attempts {
        // Tower refuses a longest backoff below the first, and one of zero: neither can be set.
        let backoff = ExponentialBackoffMaker::new(
            self.backoff,
            self.longest_wait,
            0.5,
            HasherRng::default(),
        );
        let backoff = backoff.unwrap_or_default().make_backoff();
        let budget = TpsBudget::new(Duration::from_secs(10), 1, self.retries_per_call);
        Attempts {
            left: self.attempts - 1,
            budget: Arc::new(budget),
            backoff,
            longest_wait: self.longest_wait,
        }
    }
}
