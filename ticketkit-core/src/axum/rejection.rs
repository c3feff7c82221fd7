use crate::{
    ServiceError,
    error::{MalformedBody, MalformedJson, PayloadTooLarge, UnsupportedMediaType, Validation},
};

/// Why a body is refused.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum BodyRejection {
    /// 415: another content type, or none.
    #[error(transparent)]
    #[problem(transparent)]
    MediaType(#[from] UnsupportedMediaType),
    /// 413: longer than the limit.
    #[error(transparent)]
    #[problem(transparent)]
    TooLarge(#[from] PayloadTooLarge),
    /// 400: it does not parse.
    #[error(transparent)]
    #[problem(transparent)]
    Json(#[from] MalformedJson),
    /// 400: it parses, but has not the form that is expected.
    #[error(transparent)]
    #[problem(transparent)]
    Form(#[from] MalformedBody),
    /// 400: the client stopped sending.
    #[error("the body ended early")]
    #[problem(status = 400, code = "incomplete_body", title = "The body ended early")]
    Incomplete(#[source] ::axum::Error),
}

/// Why a query is refused: 422 `validation_failed` that names the parameter.
#[derive(Debug, thiserror::Error, ServiceError)]
#[error(transparent)]
#[problem(transparent)]
pub struct QueryRejection(#[from] Validation);
