//! Bytes of requests into values, with errors of the contract that name the member.
//!
//! The extractors of [`axum`](crate::axum) are made of these functions; whoever has another
//! framework, or none, calls them, and answers the same bytes.
//!
//! ```
//! use ticketkit_core::{Problem, wire};
//!
//! #[derive(Debug, serde::Deserialize)]
//! struct Update {
//!     price: i64,
//! }
//!
//! assert_eq!(wire::from_json::<Update>(br#"{"price": 5}"#).unwrap().price, 5);
//! let error = wire::from_json::<Update>(br#"{"price": "5"}"#).unwrap_err();
//! let problem = Problem::of(&error);
//! assert_eq!(problem.code.as_str(), "malformed_body");
//! assert_eq!(problem.errors[0].pointer.as_deref(), Some("/price"));
//! ```

#[cfg(any(feature = "chassis", feature = "garde"))]
mod asked;
mod content_type;
mod json;
mod message;
#[cfg(feature = "garde")]
mod names;
mod objects;
mod pairs;
#[cfg(feature = "chassis")]
mod shape;
mod text;

pub use content_type::{is_form, is_json};
pub use json::{JsonError, from_json};
#[cfg(feature = "garde")]
pub(crate) use names::as_read;
pub use pairs::{from_form, from_query};
#[cfg(feature = "chassis")]
pub(crate) use shape::members;

/// The longest body that a service reads unless it says otherwise: 64 KiB.
pub const BODY_LIMIT: usize = 64 * 1024;
