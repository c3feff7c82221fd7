//! Every error of a service as data, for documentation and for tests.
//!
//! The derive tells a [`Catalogue`] all cases of an error, those of the errors that it passes on
//! included. From it come a Markdown page, a JSON file and, behind the feature `openapi`, the
//! responses of an OpenAPI document. [`Coverage`] holds it against what a service answers.
//!
//! ```
//! use ticketkit_core::{ServiceError, catalogue::Catalogue, error::NotFound};
//!
//! #[derive(Debug, thiserror::Error, ServiceError)]
//! enum TicketError {
//!     #[error(transparent)]
//!     #[problem(transparent)]
//!     NotFound(#[from] NotFound),
//!     #[error("ticket {0} is reserved")]
//!     #[problem(status = 409, code = "ticket_reserved", detail = "Someone else is buying it.")]
//!     Reserved(u64),
//! }
//!
//! let catalogue = Catalogue::new("tickets").with::<TicketError>();
//! assert!(catalogue.to_markdown().contains("| 409 | `ticket_reserved` | Reserved |"));
//! assert!(catalogue.to_json().contains(r#""code": "not_found""#));
//! ```
//!
//! # By hand
//!
//! A [`ServiceError`](crate::ServiceError) that is written by hand overrides
//! [`entries`](crate::ServiceError::entries), or is unknown to every catalogue:
//!
//! ```
//! # use std::borrow::Cow;
//! use ticketkit_core::{Code, ErrorStatus, ServiceError, catalogue::{Catalogue, Entry}};
//!
//! #[derive(Debug, thiserror::Error)]
//! #[error("sold out")]
//! struct SoldOut;
//!
//! impl ServiceError for SoldOut {
//!     fn status(&self) -> ErrorStatus {
//!         ErrorStatus::CONFLICT
//!     }
//!     fn code(&self) -> Code {
//!         const { Code::new("sold_out") }
//!     }
//!     fn title(&self) -> Cow<'static, str> {
//!         "Sold out".into()
//!     }
//!     fn entries() -> Vec<Entry> {
//!         vec![Entry::of(&Self)]
//!     }
//! }
//!
//! assert_eq!(Catalogue::new("tickets").with::<SoldOut>().entries().len(), 1);
//! ```

mod coverage;
mod entry;
mod list;
mod markdown;
#[cfg(feature = "openapi")]
mod openapi;

pub use coverage::{Coverage, Gaps};
pub use entry::Entry;
pub use list::Catalogue;
#[cfg(feature = "openapi")]
pub use openapi::responses;
