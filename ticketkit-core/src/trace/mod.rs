//! The W3C trace context: accepted, continued, and passed on.
//!
//! [`TraceContext`] is one span's place in a trace. A service reads it from the headers of a
//! request, works [within](TraceContext::scope) it, and [`PropagateLayer`] puts it into the requests
//! that it sends. No exporter and no runtime is needed: what is not exported still joins the traces
//! of others, and the log lines of one request across services share an id.
//!
//! ```
//! use ticketkit_core::trace::TraceContext;
//!
//! let mut headers = http::HeaderMap::new();
//! let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
//! headers.insert("traceparent", parent.parse().unwrap());
//!
//! let context = TraceContext::from_headers(&headers).unwrap().child();
//! assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
//! assert_ne!(context.span_id(), "00f067aa0ba902b7");
//! ```
//!
//! The specification is <https://www.w3.org/TR/trace-context/>.

mod context;
mod propagate;
mod scope;

pub use context::{TRACEPARENT, TRACESTATE, TraceContext};
pub use propagate::{Propagate, PropagateLayer};
pub use scope::Scope;
