//! Extractors for axum whose rejections are problems of the contract.
//!
//! Errors that are derived with [`ServiceError`](derive@crate::ServiceError) are responses of axum
//! as soon as the feature `axum` is on, so a handler returns `Result<_, MyError>`.
//!
//! The contract judges a request in a fixed order: route and method, cross-site, who is asking, the
//! body, the object, its state. With axum that order follows from the order of the arguments: put
//! the caller first, then [`PathId`] (which does not judge), and the body last. With the feature
//! `garde`, `Valid` around an extractor also judges the rules of its value.
//!
//! ```
//! use axum::{Router, routing::put};
//! use ticketkit_core::{ErrorLayer, axum::{Json, PathId}, error::NotFound};
//!
//! #[derive(serde::Deserialize)]
//! struct Update {
//!     title: String,
//! }
//!
//! async fn update(id: PathId<u64>, Json(update): Json<Update>) -> Result<Json<String>, NotFound> {
//!     let id = id.parse()?;
//!     Ok(Json(format!("{id}: {}", update.title)))
//! }
//!
//! let app: Router = Router::new()
//!     .route("/api/tickets/{id}", put(update))
//!     .layer(ErrorLayer::new("tickets"));
//! ```

mod body;
mod form;
mod json;
mod paging;
mod path;
mod query;
mod rejection;
#[cfg(feature = "garde")]
mod valid;
mod version;

pub use body::BodyLimit;
pub use form::Form;
pub use json::{Json, MaybeJson, present};
pub use paging::{Page, Paging};
pub use path::{Path, PathId};
pub use query::Query;
#[cfg(feature = "garde")]
pub use rejection::ValidBodyRejection;
pub use rejection::{BodyRejection, FormRejection, PathRejection, QueryRejection};
#[cfg(feature = "garde")]
pub use valid::{Checkable, Valid, ValidWith};
pub use version::{IfMatch, etag};

pub use crate::wire::BODY_LIMIT;
