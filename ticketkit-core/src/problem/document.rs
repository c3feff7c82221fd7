use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::TYPE_BASE;
use crate::{Code, ErrorStatus, FieldError, RequestId, ServiceError};

/// An error as it is on the wire.
///
/// `(service, code)` identifies it. Members that this version does not know are ignored when
/// parsed; codes that the reader does not know are kept.
///
/// ```
/// use ticketkit_core::{Problem, error::NotFound};
///
/// let problem = Problem::of(&NotFound).with_service("tickets");
/// let parsed = Problem::parse(&problem.to_json()).unwrap();
/// assert_eq!(parsed, problem);
/// assert_eq!(parsed.code.as_str(), "not_found");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// The base of the deployment and the code with hyphens: a link to what the error means.
    #[serde(rename = "type")]
    pub type_uri: Cow<'static, str>,
    /// Fixed for a code.
    pub title: Cow<'static, str>,
    /// The HTTP status, again, for readers that see the body alone.
    pub status: u16,
    /// The stable name of the error within the service.
    pub code: Code,
    /// The service that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Cow<'static, str>>,
    /// `urn:uuid:` and the request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Cow<'static, str>>,
    /// The W3C trace id, where the request is traced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<Cow<'static, str>>,
    /// What the author of the error made public about this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'static, str>>,
    /// At least one entry.
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// Makes the document of an error; the members that only the request knows are empty.
    #[must_use]
    pub fn of(error: &(impl ServiceError + ?Sized)) -> Self {
        let code = error.code();
        let mut problem = Self::assemble(
            error.status(),
            code,
            error.title(),
            error.detail().map(Cow::Owned),
            error.errors(),
        );
        problem.service = error.service();
        problem
    }

    /// Makes the document of an error of which nothing but the status is known.
    #[must_use]
    pub fn of_status(status: ErrorStatus) -> Self {
        let (code, title) = status.generic();
        Self::assemble(status, Code::new(code), title.into(), None, Vec::new())
    }

    fn assemble(
        status: ErrorStatus,
        code: Code,
        title: Cow<'static, str>,
        detail: Option<Cow<'static, str>>,
        mut errors: Vec<FieldError>,
    ) -> Self {
        if errors.is_empty() {
            errors.push(FieldError::new(detail.clone().unwrap_or_else(|| title.clone())));
        }
        Self {
            type_uri: type_uri(TYPE_BASE, &code).into(),
            title,
            status: status.as_u16(),
            code,
            service: None,
            instance: None,
            trace_id: None,
            detail,
            errors,
        }
    }

    /// Names the service that answers.
    #[must_use]
    pub fn with_service(mut self, service: impl Into<Cow<'static, str>>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Names the request that is answered.
    #[must_use]
    pub fn with_instance(mut self, request: RequestId) -> Self {
        self.instance = Some(request.to_urn().into());
        self
    }

    /// Puts another base before the code in `type`.
    #[must_use]
    pub fn with_type_base(mut self, base: &str) -> Self {
        self.set_type_base(base);
        self
    }

    pub(crate) fn set_type_base(&mut self, base: &str) {
        self.type_uri = type_uri(base, &self.code).into();
    }

    /// Returns the document as bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        // Strings and numbers into memory: neither the format nor the writer can fail.
        let _ = serde_json::to_writer(&mut bytes, self);
        bytes
    }

    /// Returns the first entry of `errors[]` that belongs to a field.
    #[must_use]
    pub fn error_of(&self, field: &str) -> Option<&FieldError> {
        self.errors.iter().find(|error| error.field.as_deref() == Some(field))
    }
}

fn type_uri(base: &str, code: &Code) -> String {
    let mut uri = String::with_capacity(base.len() + code.as_str().len());
    uri.push_str(base);
    uri.extend(code.as_str().chars().map(|c| if c == '_' { '-' } else { c }));
    uri
}
