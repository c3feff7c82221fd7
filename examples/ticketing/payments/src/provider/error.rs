use ticketkit_core::error::{MalformedBody, MalformedJson};
use ticketkit_events::BoxError;

/// A provider did not answer as it should: what became of the charge is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// No answer in time.
    #[error("the provider did not answer in time")]
    Timeout,
    /// It cannot be reached, or it failed.
    #[error("the provider failed")]
    Failed(#[source] BoxError),
    /// It refused the request as such.
    #[error("the provider refused the request: {0}")]
    Refused(String),
}

impl From<sqlx::Error> for ProviderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Why a webhook is refused.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The signature is missing, wrong or too old.
    #[error("bad signature: {0}")]
    Signature(&'static str),
    /// The signed body is no JSON.
    #[error(transparent)]
    Json(#[from] MalformedJson),
    /// The signed body is no event.
    #[error(transparent)]
    Body(#[from] MalformedBody),
}

impl From<WebhookError> for crate::PaymentError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Signature(reason) => Self::BadSignature(reason),
            WebhookError::Json(error) => error.into(),
            WebhookError::Body(error) => error.into(),
        }
    }
}
