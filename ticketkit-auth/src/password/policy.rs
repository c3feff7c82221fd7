use std::{borrow::Cow, fmt};

use ticketkit_core::{Code, ErrorStatus, FieldError, ServiceError, catalogue::Entry};

use super::common;

const SHORTEST: usize = 8;
const LONGEST: usize = 128;

/// A new password that the policy allows. Its debug output hides it.
#[derive(Clone)]
pub struct Password(String);

/// Why a password is not allowed. As a [`ServiceError`] it is a 422 about the field `password`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few or too many characters.
    #[error("must be 8 to 128 characters long")]
    Length,
    /// One that everybody tries first.
    #[error("is too common, choose one that nobody else has")]
    Common,
}

impl Password {
    /// Takes a password as it was typed; nothing is trimmed, folded or cut off.
    ///
    /// # Errors
    ///
    /// If it has not 8 to 128 characters, or is on the list of common ones.
    pub fn new(password: String) -> Result<Self, WeakPassword> {
        if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
            return Err(WeakPassword::Length);
        }
        if common::contains(&password) {
            return Err(WeakPassword::Common);
        }
        Ok(Self(password))
    }

    pub(super) fn into_inner(self) -> String {
        self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl WeakPassword {
    /// Returns the entry of `errors[]` for the member of the request that had the password.
    #[must_use]
    pub fn field_error(self, field: &'static str) -> FieldError {
        let (message, code) = match self {
            Self::Length => ("must be 8 to 128 characters long", "length"),
            Self::Common => ("is too common, choose one that nobody else has", "common"),
        };
        FieldError::new(message).field(field).code(code)
    }
}

impl ServiceError for WeakPassword {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::UNPROCESSABLE_CONTENT
    }

    fn code(&self) -> Code {
        Code::new("validation_failed")
    }

    fn title(&self) -> Cow<'static, str> {
        "Validation failed".into()
    }

    fn errors(&self) -> Vec<FieldError> {
        vec![self.field_error("password")]
    }

    fn entries() -> Vec<Entry> {
        vec![Entry::of(&Self::Length).field("password")]
    }
}
