//! The tower layer that makes one contract of whatever a service answers.
//!
//! [`ErrorLayer`] stands outermost. It gives the request its id, catches panics, completes the
//! problems that [`respond`](crate::respond) began, and replaces every other response of 400 or
//! above by a problem of the same status, so that the text of a framework, a proxy or a bug never
//! reaches a client. Everything else passes untouched: success, redirects, upgrades, gRPC, bodies
//! that stream.
//!
//! What each request costs: an id, in the extensions of the request and in the header
//! `x-request-id` of the response. What it costs to fail is one rendering of the document, made where
//! the error becomes a response.
//!
//! - An inner service may return errors, too: those of [`error`](crate::error) answer as they say, all
//!   others are 500 `internal` unless [`ErrorLayer::recognise`] or [`ErrorLayer::translate`] knows
//!   them. With the feature `tower` a timeout is 504, shed load 503, a body over a limit 413.
//! - No body is ever read. One that is replaced is dropped with the headers that describe it; all
//!   other headers stay.
//! - A body of axum that fails or panics while it is streamed is logged; elsewhere
//!   `WatchedBody` (feature `body`) does so.
//! - `HEAD` is answered with the headers alone; a failed call of gRPC with a status of gRPC, whose
//!   message is the code of the error.
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

mod about;
mod config;
pub(crate) mod current;
mod failure;
mod future;
mod grpc;
mod known;
mod service;
#[cfg(feature = "body")]
mod watch;

use about::About;
pub use config::ErrorLayer;
pub(crate) use config::Settings;
pub use future::ResponseFuture;
pub use service::ErrorService;
#[cfg(feature = "body")]
pub use watch::WatchedBody;

/// Marks a response of 400 or above whose body is meant for the client as it is.
///
/// Insert it into the extensions of a response that renders the error itself, such as a form that
/// shows what is wrong beside the fields; the layer then adds the request id and nothing else.
///
/// ```
/// use axum::{Extension, http::StatusCode, response::{Html, IntoResponse, Response}};
/// use ticketkit_core::layer::Rendered;
///
/// /// The form again, with what is wrong beside the fields.
/// fn refused(form: String) -> Response {
///     (StatusCode::UNPROCESSABLE_ENTITY, Extension(Rendered), Html(form)).into_response()
/// }
/// # let _ = refused("<form>…".to_owned());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rendered;
