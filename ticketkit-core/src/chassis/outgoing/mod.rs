//! Calls to other services: limits, time, retries and a circuit breaker around any tower service
//! of HTTP requests.
//!
//! The parts are those of tower and tower-resilience; [`Outgoing`] puts them together in the order
//! that is right, and makes errors of the contract of theirs. From the outside in:
//!
//! | part | what it does | what it answers |
//! |---|---|---|
//! | `tower::timeout` | ends the call with all its attempts | 504 `timeout` |
//! | `tower::retry` | repeats what is idempotent, within a budget, not before `Retry-After` | |
//! | `tower::load_shed`, `tower::limit` | lets so many attempts run at once, and no more | 503 `unavailable` |
//! | [`PropagateLayer`](crate::trace::PropagateLayer) | passes the trace on | |
//! | `tower_resilience::circuitbreaker` | stops to ask who only fails, and tries again later | 503 `unavailable` |
//! | `tower::timeout` | ends one attempt | 504 `timeout` |
//!
//! Whatever else goes wrong below is 502 `upstream_failed`. Answers pass as they are, also those of
//! 400 and above.
//!
//! ```
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use ticketkit_core::chassis::outgoing::Outgoing;
//! use tower::{ServiceExt, service_fn};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let client = service_fn(|request: Request<String>| async move {
//!     Ok::<_, Infallible>(Response::new(request.uri().path().to_owned()))
//! });
//! let payments = Outgoing::to("payments").around(client);
//! let request = Request::get("/charges/1").body(String::new()).unwrap();
//! assert_eq!(payments.oneshot(request).await.unwrap().body(), "/charges/1");
//! # });
//! ```

mod builder;
mod error;
mod retry;
#[cfg(feature = "otel")]
mod span;

pub use builder::{Outgoing, OutgoingService};
pub use error::NoAnswer;
