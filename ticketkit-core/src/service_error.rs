use std::borrow::Cow;

use http::HeaderMap;

use crate::{Code, ErrorStatus, FieldError, LogLevel, catalogue::Entry};

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

    /// The service whose error it is, where that is not the one that answers.
    ///
    /// `(service, code)` identifies an error, so one that is passed on keeps the service that
    /// raised it.
    fn service(&self) -> Option<Cow<'static, str>> {
        None
    }

    /// How loudly the error is logged, with its sources, by [`ErrorLayer`](crate::ErrorLayer).
    ///
    /// By default as an error for a 5xx, for debugging otherwise.
    fn log_level(&self) -> LogLevel {
        self.status().log_level()
    }

    /// Whether the same request can succeed later.
    ///
    /// By default what the status says. It is for callers in the process: over the wire the
    /// status and `Retry-After` tell.
    fn is_retryable(&self) -> bool {
        self.status().is_retryable()
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

/// A boxed error says what the error says, so that a large one can be passed on in a small one.
impl<E: ServiceError> ServiceError for Box<E> {
    fn status(&self) -> ErrorStatus {
        (**self).status()
    }
    fn code(&self) -> Code {
        (**self).code()
    }
    fn title(&self) -> Cow<'static, str> {
        (**self).title()
    }
    fn detail(&self) -> Option<String> {
        (**self).detail()
    }
    fn errors(&self) -> Vec<FieldError> {
        (**self).errors()
    }
    fn headers(&self, headers: &mut HeaderMap) {
        (**self).headers(headers);
    }
    fn service(&self) -> Option<Cow<'static, str>> {
        (**self).service()
    }
    fn log_level(&self) -> LogLevel {
        (**self).log_level()
    }
    fn is_retryable(&self) -> bool {
        (**self).is_retryable()
    }
    fn entries() -> Vec<Entry> {
        E::entries()
    }
}
