//! What the descriptions of the services' interfaces share: `/openapi.json`, `/asyncapi.json`.
//!
//! Each service describes its own part in a file beside its sources, `api/openapi.json` and
//! `api/asyncapi.json`. What all have, and the events, are described here, and theirs refer to it.
//! Whoever serves them makes one document of the parts.

/// Refusals, tokens, ids, times and amounts, as OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("../api/openapi.json");

/// The events, each as a channel and a message, as AsyncAPI 3.0.
pub const ASYNCAPI: &str = include_str!("../api/asyncapi.json");
