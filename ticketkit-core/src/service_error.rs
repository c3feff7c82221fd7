use std::borrow::Cow;

use http::HeaderMap;

use crate::{Code, ErrorStatus, FieldError, catalogue::Entry};

#[doc = include_str!("docs/service_error.md")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `ServiceError`",
    note = "derive it beside thiserror's `Error`: `#[derive(Debug, thiserror::Error, ServiceError)]`"
)]
pub trait ServiceError: std::error::Error {
    /// The status: it can only be one of an error.
    fn status(&self) -> ErrorStatus;

    /// The stable name of the error within its service.
    fn code(&self) -> Code;

    /// The title: fixed for a code, so that it can be translated by it.
    fn title(&self) -> Cow<'static, str>;

    /// The text that the client may read about this occurrence.
    ///
    /// Nothing by default: the text of the error itself is for the log.
    fn detail(&self) -> Option<String> {
        None
    }

    /// The entries of `errors[]`.
    ///
    /// Where there are none, the document gets one with the detail or the title as its message.
    fn errors(&self) -> Vec<FieldError> {
        Vec::new()
    }

    /// Adds headers that belong to the error, such as `Retry-After` or `WWW-Authenticate`.
    fn headers(&self, headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// Every case of the error as data, for the [catalogue](crate::catalogue) of a service.
    ///
    /// The derive lists them all, and those of the errors that it passes on. By hand it is
    /// `vec![Entry::of(&Self)]`, or an entry for each case; without, no catalogue knows the error.
    #[must_use]
    fn entries() -> Vec<Entry>
    where
        Self: Sized,
    {
        Vec::new()
    }
}
