use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// The stable, machine-read name of an error: `^[a-z][a-z0-9_]{0,62}$`.
///
/// Together with the service it identifies the error; the texts around it may change.
///
/// ```
/// use ticketkit_core::Code;
///
/// const RESERVED: Code = Code::new("ticket_reserved"); // checked when compiled
/// assert_eq!(RESERVED.hyphenated(), "ticket-reserved");
/// assert!(Code::parse("Ticket-Reserved").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(Cow<'static, str>);

impl Code {
    /// Makes a code of a literal.
    ///
    /// # Panics
    ///
    /// If it has not the form of a code: in a constant that is an error of compilation.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        assert!(is_code(code), "a code has the form ^[a-z][a-z0-9_]{{0,62}}$");
        Self(Cow::Borrowed(code))
    }

    /// Makes a code of text from outside.
    ///
    /// # Errors
    ///
    /// If it has not the form of a code.
    pub fn parse(code: impl Into<String>) -> Result<Self, InvalidCode> {
        let code = code.into();
        if is_code(&code) { Ok(Self(Cow::Owned(code))) } else { Err(InvalidCode(code)) }
    }

    /// Returns the code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the code with hyphens, as it ends the `type` of a problem.
    #[must_use]
    pub fn hyphenated(&self) -> String {
        self.0.replace('_', "-")
    }
}

const fn is_code(code: &str) -> bool {
    let bytes = code.as_bytes();
    if bytes.is_empty() || bytes.len() > 63 || !bytes[0].is_ascii_lowercase() {
        return false;
    }
    let mut i = 1;
    while i < bytes.len() {
        if !(bytes[i].is_ascii_lowercase() || bytes[i].is_ascii_digit() || bytes[i] == b'_') {
            return false;
        }
        i += 1;
    }
    true
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Code {
    type Error = InvalidCode;

    fn try_from(code: String) -> Result<Self, InvalidCode> {
        Self::parse(code)
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0.into_owned()
    }
}

/// A text that has not the form of a [`Code`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no error code: it must have the form ^[a-z][a-z0-9_]{{0,62}}$")]
pub struct InvalidCode(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_checked() {
        for good in ["a", "not_found", "a1_", &"a".repeat(63)] {
            assert_eq!(Code::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "A", "1a", "_a", "a-b", "a b", "ä", &"a".repeat(64)] {
            assert_eq!(Code::parse(bad), Err(InvalidCode(bad.to_owned())));
        }
    }
}
