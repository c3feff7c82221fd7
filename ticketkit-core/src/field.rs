use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One entry of `errors[]`: a message, and where it belongs.
///
/// ```
/// use ticketkit_core::FieldError;
///
/// let error = FieldError::new("must be greater than 0").field("price").code("range");
/// assert_eq!(error.pointer.as_deref(), Some("/price"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// What is wrong, for a person: lowercase, no full stop, read after the name of the field.
    pub message: Cow<'static, str>,
    /// The name of the member or parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'static, str>>,
    /// The JSON pointer (RFC 6901) into the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<Cow<'static, str>>,
    /// The broken rule, for machines: `required`, `range`, `length`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'static, str>>,
}

impl FieldError {
    /// Makes an entry that belongs to no field.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), field: None, pointer: None, code: None }
    }

    /// Names the member of the body, and points at it.
    ///
    /// A dotted path (`address.street`, `lines.0.price`) becomes `/address/street`.
    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        let field = field.into();
        self.pointer = Some(pointer(field.split('.')).into());
        self.field = Some(field);
        self
    }

    /// Names a member of the body by the names and indices that lead to it, whatever characters
    /// they are made of.
    ///
    /// ```
    /// use ticketkit_core::FieldError;
    ///
    /// let error = FieldError::new("is required").path(["lines", "0", "a.b"]);
    /// assert_eq!(error.field.as_deref(), Some("lines.0.a.b"));
    /// assert_eq!(error.pointer.as_deref(), Some("/lines/0/a.b"));
    /// ```
    #[must_use]
    pub fn path(mut self, parts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let parts: Vec<_> = parts.into_iter().collect();
        let names: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        self.pointer = Some(pointer(names.iter().copied()).into());
        self.field = Some(names.join(".").into());
        self
    }

    /// Names a parameter of the query or the path, which no pointer reaches.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// Names the broken rule.
    #[must_use]
    pub fn code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = Some(code.into());
        self
    }
}

/// The JSON pointer of these names (RFC 6901).
fn pointer<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut pointer = String::with_capacity(32);
    for part in parts {
        pointer.push('/');
        if part.contains(['~', '/']) {
            pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        } else {
            pointer.push_str(part);
        }
    }
    pointer
}
