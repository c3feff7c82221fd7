use std::borrow::Cow;

use http::HeaderMap;
use serde::Serialize;

use crate::{Code, ErrorStatus, FieldError, Problem, ServiceError};

/// One error of a service, as data: what a client can rely on without having seen it.
///
/// The derive makes one for each case; by hand they are built like this:
///
/// ```
/// use ticketkit_core::{Code, ErrorStatus, catalogue::Entry};
///
/// let entry = Entry::new(ErrorStatus::CONFLICT, const { Code::new("sold_out") }, "Sold out")
///     .detail("There are {left} tickets left.")
///     .header("Retry-After");
/// assert!(!entry.retryable);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The stable name.
    pub code: Code,
    /// The HTTP status.
    #[serde(serialize_with = "number")]
    pub status: ErrorStatus,
    /// Fixed for the code.
    pub title: Cow<'static, str>,
    /// The public text, with `{placeholders}` for what differs; none where nothing is public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'static, str>>,
    /// The member of the body that the error is about, where it is always the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'static, str>>,
    /// The headers that come with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Cow<'static, str>>,
    /// Whether the same request can succeed later.
    pub retryable: bool,
}

impl Entry {
    /// Makes an entry; whether a retry can help follows from the status until
    /// [`retryable`](Self::retryable) says otherwise.
    #[must_use]
    pub fn new(status: ErrorStatus, code: Code, title: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            status,
            title: title.into(),
            detail: None,
            field: None,
            headers: Vec::new(),
            retryable: status.is_retryable(),
        }
    }

    /// 500 `internal`, of which nothing more is public.
    #[must_use]
    pub fn internal() -> Self {
        Self::of_status(ErrorStatus::INTERNAL_SERVER_ERROR)
    }

    /// The entry of an error of which nothing but the status is known.
    #[must_use]
    pub fn of_status(status: ErrorStatus) -> Self {
        let (code, title) = status.generic();
        Self::new(status, Code::new(code), title)
    }

    /// Makes the entry of an error that is the same each time, from one value of it.
    ///
    /// That is how a `ServiceError` that is written by hand implements
    /// [`entries`](ServiceError::entries) in one line: `vec![Entry::of(&Self)]`.
    #[must_use]
    pub fn of(error: &impl ServiceError) -> Self {
        let mut headers = HeaderMap::new();
        error.headers(&mut headers);
        let mut entry = Self::new(error.status(), error.code(), error.title());
        entry.detail = error.detail().map(Cow::Owned);
        entry.retryable = error.is_retryable();
        entry.headers = headers.keys().map(|name| name.as_str().to_owned().into()).collect();
        entry
    }

    /// Sets the public text, with `{placeholders}` for what differs.
    #[must_use]
    pub fn detail(mut self, template: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(template.into());
        self
    }

    /// Names the member of the body that the error is about.
    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds a header that comes with the error.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push(name.into());
        self
    }

    /// Says whether the same request can succeed later.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// Returns a document as an example; placeholders stand in its texts as they are.
    #[must_use]
    pub fn example(&self) -> Problem {
        Problem::of(&Example(self))
    }
}

/// An entry as an error, so that the example is rendered by what renders errors.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.title)]
struct Example<'a>(&'a Entry);

impl ServiceError for Example<'_> {
    fn status(&self) -> ErrorStatus {
        self.0.status
    }
    fn code(&self) -> Code {
        self.0.code.clone()
    }
    fn title(&self) -> Cow<'static, str> {
        self.0.title.clone()
    }
    fn detail(&self) -> Option<String> {
        self.0.detail.clone().map(Cow::into_owned)
    }
    fn errors(&self) -> Vec<FieldError> {
        let Some(field) = &self.0.field else { return Vec::new() };
        let message = self.0.detail.clone().unwrap_or_else(|| self.0.title.clone());
        vec![FieldError::new(message).field(field.clone())]
    }
}

fn number<S: serde::Serializer>(status: &ErrorStatus, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}
