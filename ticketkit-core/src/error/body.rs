use std::borrow::Cow;

use crate::{Code, ErrorStatus, FieldError, ServiceError, catalogue::Entry};

/// 400 `malformed_json`: the body does not parse as JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("the body is not JSON (line {line}, column {column})")]
#[problem(status = 400, title = "The body is not JSON", detail)]
pub struct MalformedJson {
    /// The line at which the parser stopped, from 1.
    pub line: usize,
    /// The column at which the parser stopped.
    pub column: usize,
}

/// 400 `malformed_body`: a member is missing or of the wrong type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed body at {}: {}", .0.field.as_deref().unwrap_or("the top"), .0.message)]
pub struct MalformedBody(pub FieldError);

impl ServiceError for MalformedBody {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::BAD_REQUEST
    }
    fn code(&self) -> Code {
        const { Code::new("malformed_body") }
    }
    fn title(&self) -> Cow<'static, str> {
        "The body has not the expected form".into()
    }
    fn errors(&self) -> Vec<FieldError> {
        vec![self.0.clone()]
    }
    fn entries() -> Vec<Entry> {
        vec![Entry::of(&Self(FieldError::new("")))]
    }
}

/// 413 `payload_too_large`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("the body is larger than {limit} bytes")]
#[problem(status = 413, title = "The body is too large", detail)]
pub struct PayloadTooLarge {
    /// The largest body that is read, in bytes.
    pub limit: usize,
}

/// 415 `unsupported_media_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, ServiceError)]
#[error("the content type must be {expected}")]
#[problem(status = 415, title = "The content type is not supported", detail)]
pub struct UnsupportedMediaType {
    /// The content type that is read.
    pub expected: &'static str,
}

/// 422 `validation_failed`: every broken rule, all at once.
///
/// ```
/// use ticketkit_core::{FieldError, error::Validation};
///
/// let mut rules = Validation::default();
/// rules.check(false, || FieldError::new("must be greater than 0").field("price"));
/// rules.check(true, || FieldError::new("must not be empty").field("title"));
/// assert_eq!(rules.finish().unwrap_err().errors().len(), 1);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("validation failed: {}", .0.iter().map(|e| e.message.as_ref()).collect::<Vec<_>>().join("; "))]
pub struct Validation(Vec<FieldError>);

impl Validation {
    /// Notes a broken rule.
    pub fn add(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// Notes a broken rule unless it holds.
    pub fn check(&mut self, holds: bool, error: impl FnOnce() -> FieldError) {
        if !holds {
            self.add(error());
        }
    }

    /// Takes the value of a rule, or notes what is wrong with it.
    pub fn take<T>(&mut self, value: Result<T, FieldError>) -> Option<T> {
        value.map_err(|error| self.add(error)).ok()
    }

    /// Returns what was noted.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0
    }

    /// Ends the checks.
    ///
    /// # Errors
    ///
    /// Itself, if a rule is broken.
    pub fn finish(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<FieldError> for Validation {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}

impl ServiceError for Validation {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::UNPROCESSABLE_CONTENT
    }
    fn code(&self) -> Code {
        const { Code::new("validation_failed") }
    }
    fn title(&self) -> Cow<'static, str> {
        "Validation failed".into()
    }
    fn errors(&self) -> Vec<FieldError> {
        self.0.clone()
    }
    fn entries() -> Vec<Entry> {
        vec![Entry::of(&Self::default())]
    }
}

crate::__into_response!([] [MalformedBody] []);
crate::__into_response!([] [Validation] []);
crate::__into_responses!([] [MalformedBody] []);
crate::__into_responses!([] [Validation] []);
