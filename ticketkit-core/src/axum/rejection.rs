use crate::{
    ServiceError,
    error::{
        Internal, MalformedBody, MalformedJson, NotFound, PayloadTooLarge, UnsupportedMediaType,
        Validation,
    },
    wire::JsonError,
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

impl From<JsonError> for BodyRejection {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Json(error) => Self::Json(error),
            JsonError::Form(error) => Self::Form(error),
        }
    }
}

/// Why the body of a form is refused.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum FormRejection {
    /// 415: another content type, or none.
    #[error(transparent)]
    #[problem(transparent)]
    MediaType(#[from] UnsupportedMediaType),
    /// 413: longer than the limit.
    #[error(transparent)]
    #[problem(transparent)]
    TooLarge(#[from] PayloadTooLarge),
    /// 400: the client stopped sending.
    #[error("the body ended early")]
    #[problem(status = 400, code = "incomplete_body", title = "The body ended early")]
    Incomplete(#[source] ::axum::Error),
    /// 422: members are missing or do not parse.
    #[error(transparent)]
    #[problem(transparent)]
    Invalid(#[from] Validation),
}

/// Why a query is refused: 422 `validation_failed` that names the parameter.
#[derive(Debug, thiserror::Error, ServiceError)]
#[error(transparent)]
#[problem(transparent)]
pub struct QueryRejection(#[from] Validation);

/// Why the parameters of a path are refused.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum PathRejection {
    /// 404: no object has such an address.
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    /// 500: the handler asks for what its route does not have.
    #[error(transparent)]
    #[problem(transparent)]
    Route(#[from] Internal),
}

/// Why a body is refused whose values are judged too.
#[cfg(feature = "garde")]
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum ValidBodyRejection {
    /// It can't be read.
    #[error(transparent)]
    #[problem(transparent)]
    Body(#[from] BodyRejection),
    /// 422: values break rules.
    #[error(transparent)]
    #[problem(transparent)]
    Invalid(#[from] Validation),
}
