use std::error::Error;

use ::axum::{body::Body, extract::Request};
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{BodyRejection, FormRejection};
use crate::{error::PayloadTooLarge, wire::BODY_LIMIT};

/// Another limit for the body of a request, in bytes: put it into the request's extensions.
///
/// ```
/// use axum::{Extension, Router, routing::put};
/// use ticketkit_core::axum::{BodyLimit, Json};
///
/// async fn upload(Json(_): Json<Vec<String>>) {}
///
/// let app: Router =
///     Router::new().route("/api/imports", put(upload)).layer(Extension(BodyLimit(1024 * 1024)));
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

/// Reads a body up to the limit; a longer one is refused by its `Content-Length` where it has one.
pub(super) async fn read(request: Request) -> Result<Vec<u8>, Unread> {
    let limit = request.extensions().get::<BodyLimit>().map_or(BODY_LIMIT, |limit| limit.0);
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Unread::TooLarge(PayloadTooLarge { limit }));
    }
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if is_over_a_limit(&*error) => Err(Unread::TooLarge(PayloadTooLarge { limit })),
        Err(error) => Err(Unread::Incomplete(::axum::Error::new(error))),
    }
}

/// Tells whether the limit here, or that of a layer further out, ended the body.
fn is_over_a_limit(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_over_a_limit)
}

/// Why a body could not be read to its end.
pub(super) enum Unread {
    TooLarge(PayloadTooLarge),
    Incomplete(::axum::Error),
}

impl From<Unread> for BodyRejection {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge(error) => Self::TooLarge(error),
            Unread::Incomplete(error) => Self::Incomplete(error),
        }
    }
}

impl From<Unread> for FormRejection {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge(error) => Self::TooLarge(error),
            Unread::Incomplete(error) => Self::Incomplete(error),
        }
    }
}

/// Tells whether a request brings no body at all.
pub(super) fn is_absent(request: &Request<Body>) -> bool {
    http_body::Body::is_end_stream(request.body())
}
