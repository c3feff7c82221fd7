//! garde's rules as the contract's 422: every broken rule at once, in `errors[]`.
//!
//! With axum, [`Valid`](crate::axum::Valid) around an extractor does it all. Without, call
//! [`check_input`] on what was read, or [`check`] on any value:
//!
//! ```
//! use garde::Validate;
//! use ticketkit_core::{Problem, validation, wire};
//!
//! #[derive(Debug, serde::Deserialize, Validate)]
//! #[serde(rename_all = "camelCase")]
//! struct NewTicket {
//!     #[garde(length(min = 1, max = 200))]
//!     title: String,
//!     #[garde(range(min = 1))]
//!     unit_price: i64,
//! }
//!
//! let ticket: NewTicket = wire::from_json(br#"{"title": "", "unitPrice": 0}"#).unwrap();
//! let problem = Problem::of(&validation::check_input(&ticket).unwrap_err());
//! assert_eq!((problem.status, problem.errors.len()), (422, 2));
//! let price = problem.error_of("unitPrice").unwrap();
//! assert_eq!(price.message, "must be at least 1");
//! assert_eq!(price.pointer.as_deref(), Some("/unitPrice"));
//! assert_eq!(price.code.as_deref(), Some("range"));
//! ```
//!
//! # Names
//!
//! garde knows the names of Rust's fields, a client those of JSON. [`check_input`] and the
//! extractors ask serde, and so follow `rename_all`; a field that `#[serde(rename = "…")]` calls
//! something else entirely needs `#[garde(rename = "…")]` beside it. [`check`] asks nobody.
//!
//! # Context
//!
//! Rules that need more than the value (a clock, a list of allowed names) take a `Context`: see
//! [`check_with`], and [`ValidWith`](crate::axum::ValidWith) for a context from axum's state.
//! A rule that has to ask a database is no rule of a value: answer 409 where it is used.

mod report;
mod rules;

use garde::Validate;
use serde::de::DeserializeOwned;

use self::report::{Names, entries};
pub use self::rules::rule;
use crate::{error::Validation, wire};

/// Checks a value, with the names of Rust's fields.
///
/// # Errors
///
/// 422 `validation_failed` with every broken rule.
pub fn check<T>(value: &T) -> Result<(), Validation>
where
    T: Validate<Context: Default> + ?Sized,
{
    check_with(value, &T::Context::default())
}

/// Checks a value in a context, with the names of Rust's fields.
///
/// ```
/// use garde::Validate;
/// use ticketkit_core::validation::{self, rule};
///
/// struct Venue {
///     seats: u32,
/// }
///
/// #[derive(Validate)]
/// #[garde(context(Venue))]
/// struct Sale {
///     #[garde(custom(fits))]
///     tickets: u32,
/// }
///
/// fn fits(tickets: &u32, venue: &Venue) -> garde::Result {
///     if *tickets <= venue.seats { Ok(()) } else { Err(rule("seats", "must fit into the venue")) }
/// }
///
/// let broken = validation::check_with(&Sale { tickets: 5 }, &Venue { seats: 4 }).unwrap_err();
/// assert_eq!(broken.errors()[0].code.as_deref(), Some("seats"));
/// ```
///
/// # Errors
///
/// 422 `validation_failed` with every broken rule.
pub fn check_with<T>(value: &T, context: &T::Context) -> Result<(), Validation>
where
    T: Validate + ?Sized,
{
    let report = rules::judge(value, context);
    entries(report, Names::Members, |path| path).finish()
}

/// Checks a value that was read from a body, with the names of its members there.
///
/// # Errors
///
/// 422 `validation_failed` with every broken rule.
pub fn check_input<T>(value: &T) -> Result<(), Validation>
where
    T: Validate<Context: Default> + DeserializeOwned,
{
    check_input_with(value, &T::Context::default())
}

/// Checks a value that was read from a body in a context, with the names of its members there.
///
/// # Errors
///
/// 422 `validation_failed` with every broken rule.
pub fn check_input_with<T>(value: &T, context: &T::Context) -> Result<(), Validation>
where
    T: Validate + DeserializeOwned,
{
    entries(rules::judge(value, context), Names::Members, wire::as_read::<T>).finish()
}

/// Checks a value that was read from a query, a form or a path, which no JSON pointer reaches.
///
/// # Errors
///
/// 422 `validation_failed` with every broken rule; `pointer` is missing.
pub fn check_parameters<T>(value: &T) -> Result<(), Validation>
where
    T: Validate<Context: Default> + DeserializeOwned,
{
    check_parameters_with(value, &T::Context::default())
}

/// Checks a value that was read from a query, a form or a path in a context.
///
/// # Errors
///
/// 422 `validation_failed` with every broken rule; `pointer` is missing.
pub fn check_parameters_with<T>(value: &T, context: &T::Context) -> Result<(), Validation>
where
    T: Validate + DeserializeOwned,
{
    entries(rules::judge(value, context), Names::Parameters, wire::as_read::<T>).finish()
}
