//! Refuses errors among the fields that a public text shows.
//!
//! The derive knows the source of an error by its attributes. That some other field is an error,
//! too, only the types tell: [`Shown::kind`](ErrorShown::kind) is a method of two traits, and the
//! compiler prefers the one that needs one reference less, which only errors have.

use std::error::Error;

/// A field that a public text shows.
#[derive(Debug)]
pub struct Shown<'a, T: ?Sized>(pub &'a T);

/// The kind of a field that is an error.
#[derive(Debug)]
pub struct AnError;

/// The kind of any other field.
#[derive(Debug)]
pub struct AValue;

/// Chosen for errors.
pub trait ErrorShown {
    /// Returns the kind.
    fn kind(&self) -> AnError {
        AnError
    }
}

/// Chosen for everything else.
pub trait ValueShown {
    /// Returns the kind.
    fn kind(&self) -> AValue {
        AValue
    }
}

impl<T: Error + ?Sized> ErrorShown for Shown<'_, T> {}
impl<T: ?Sized> ValueShown for &Shown<'_, T> {}

/// The kinds of fields that a client may read.
#[diagnostic::on_unimplemented(
    message = "a public text shows a field that is an error, and the text of errors is for the log",
    label = "this derive makes the text public",
    note = "give a `detail = \"…\"` without that field, or mark the field `#[problem(public)]` if \
            clients may read its text"
)]
pub trait MayBeShown {}

impl MayBeShown for AValue {}

/// Compiles for what may be shown.
pub fn may_be_shown(_: impl MayBeShown) {}
