use std::borrow::Cow;

use http::{HeaderMap, header};
use ticketkit_core::{Code, ErrorStatus, ServiceError};

/// Why a password could not be hashed or checked. None of it says anything about the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// More passwords are waiting than the machine can check in good time: 503 `unavailable`.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The stored hash is none of argon2id, version 19.
    #[error("the stored hash is no argon2id hash: {0}")]
    Stored(String),
    /// Whoever wrote the stored hash wants this process to burn memory or time.
    #[error("the stored hash asks for more than the cap: {0}")]
    Cap(String),
    /// The parameters of the hasher are impossible.
    #[error("argon2id cannot work with these parameters: {0}")]
    Cost(String),
    /// Hashing failed, or its thread did.
    #[error("hashing failed: {0}")]
    Failed(String),
}

impl ServiceError for PasswordError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Busy => ErrorStatus::SERVICE_UNAVAILABLE,
            _ => ErrorStatus::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Busy => Code::new("unavailable"),
            _ => Code::new("internal"),
        }
    }

    fn title(&self) -> Cow<'static, str> {
        match self {
            Self::Busy => "Not available at the moment",
            _ => "Something went wrong on our side",
        }
        .into()
    }

    fn headers(&self, headers: &mut HeaderMap) {
        if *self == Self::Busy {
            headers.insert(header::RETRY_AFTER, 1.into());
        }
    }
}
