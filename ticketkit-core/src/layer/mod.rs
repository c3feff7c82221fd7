//! The tower layer that makes one contract of whatever a service answers.
//!
//! [`ErrorLayer`] stands outermost. It gives the request its id, catches panics, completes the
//! problems that [`respond`](crate::respond) began, and replaces every other response of 400 or
//! above by a problem of the same status, so that the text of a framework, a proxy or a bug never
//! reaches a client. Everything else passes untouched: success, redirects, upgrades, gRPC, bodies
//! that stream.
//!
//! ```
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use ticketkit_core::ErrorLayer;
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let service = ErrorLayer::new("tickets").layer(service_fn(|_: Request<()>| async {
//!     Ok::<_, Infallible>(Response::builder().status(404).body(b"secret".to_vec()).unwrap())
//! }));
//! let response = service.oneshot(Request::new(())).await.unwrap();
//! assert_eq!(response.headers()["content-type"], "application/problem+json");
//! assert!(!String::from_utf8(response.into_body()).unwrap().contains("secret"));
//! # });
//! ```

mod config;
mod future;
mod service;

pub use config::ErrorLayer;
pub(crate) use config::Settings;
pub use future::ResponseFuture;
pub use service::ErrorService;

/// Marks a response of 400 or above whose body is meant for the client as it is.
///
/// Insert it into the extensions of a response that renders the error itself, such as a form that
/// shows what is wrong beside the fields; the layer then adds the request id and nothing else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rendered;
