//! The document that every error becomes: RFC 9457 with a stable `code`, the `service` and `errors[]`.
//!
//! [`Problem`] is what goes over the wire, both ways. [`respond`] makes an HTTP response of a
//! [`ServiceError`](crate::ServiceError); [`ErrorLayer`](crate::ErrorLayer) completes it with what
//! only the request knows (the service, the request id, the trace).

mod document;
mod parse;
mod response;

pub use document::Problem;
pub use parse::{MAX_DOCUMENT, ParseProblemError};
pub use response::respond;
pub(crate) use response::{Report, chain, clear, set_headers, write};

/// The content type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// The base of `type` unless [`ErrorLayer::type_base`](crate::ErrorLayer::type_base) names another.
pub const TYPE_BASE: &str = "https://ticketkit.dev/problems/";
