use ticketkit_core::ServiceError;

/// Why a password could not be hashed or checked. None of it says anything about the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum PasswordError {
    /// More passwords are waiting than the machine can check in good time: 503 `unavailable`.
    #[error("too many passwords are being checked at once")]
    #[problem(
        status = 503,
        code = "unavailable",
        title = "Not available at the moment",
        retry_after = 1u8
    )]
    Busy,
    /// The stored hash is none of argon2id, version 19.
    #[error("the stored hash is no argon2id hash: {0}")]
    #[problem(internal)]
    Stored(String),
    /// Whoever wrote the stored hash wants this process to burn memory or time.
    #[error("the stored hash asks for more than the cap: {0}")]
    #[problem(internal)]
    Cap(String),
    /// The parameters of the hasher are impossible.
    #[error("argon2id cannot work with these parameters: {0}")]
    #[problem(internal)]
    Cost(String),
    /// Hashing failed, or its thread did.
    #[error("hashing failed: {0}")]
    #[problem(internal)]
    Failed(String),
}
