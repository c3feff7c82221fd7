//! Traces to an OpenTelemetry collector: OTLP over HTTP, in protobuf.
//!
//! [`Traces`] gives a layer for the logs; from then on [`http::Stack`](super::http::Stack) and
//! [`outgoing`](super::outgoing) record a span for each request and each call, with the names of
//! the HTTP semantic conventions, and spans and events of `tracing` at the level `info` and above
//! stand beneath them. A trace that a client began is continued, and recorded if the client's is.
//!
//! What is standard is read from the standard variables, `OTEL_TRACES_SAMPLER` among them. The
//! collector is spoken to in plain HTTP, so that it should run beside the service.
//!
//! ```no_run
//! use ticketkit_core::chassis::{logs, otel::Traces};
//! use std::time::Duration;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let traces = Traces::to("tickets", "http://127.0.0.1:4318")?;
//! logs::init_with("info", Some(traces.layer()));
//! // … serve …
//! traces.end(Duration::from_secs(3)).await?;
//! # Ok(()) }
//! ```

mod client;
mod span;
mod traces;

pub use span::consumer;
pub use traces::{Traces, TracesError};

#[cfg(feature = "outgoing")]
pub(crate) use span::client as client_span;
pub(crate) use span::{TARGET, answered, server};
