use ::axum::{body::Body, extract::Request};
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::BodyRejection;
use crate::error::PayloadTooLarge;

/// The longest body that is read unless a [`BodyLimit`] says otherwise: 64 KiB.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Another limit for the body of a request, in bytes: put it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

/// Reads a body up to the limit; a longer one is refused by its `Content-Length` where it has one.
pub(super) async fn read(request: Request) -> Result<Vec<u8>, BodyRejection> {
    let limit = request.extensions().get::<BodyLimit>().map_or(BODY_LIMIT, |limit| limit.0);
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(PayloadTooLarge { limit }.into());
    }
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(PayloadTooLarge { limit }.into()),
        Err(error) => Err(BodyRejection::Incomplete(::axum::Error::new(error))),
    }
}

/// Tells whether a request brings no body at all.
pub(super) fn is_absent(request: &Request<Body>) -> bool {
    http_body::Body::is_end_stream(request.body())
}
