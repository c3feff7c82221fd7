use std::{borrow::Cow, error::Error, fmt::Write as _};

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::{CONTENT_TYPE, Problem};
use crate::ServiceError;

/// Makes an HTTP response of an error, for any body type that bytes can become.
///
/// The response stands on its own; [`ErrorLayer`](crate::ErrorLayer) adds the service and the
/// request id, and logs what the client does not see.
///
/// ```
/// use ticketkit_core::{error::NotFound, respond};
///
/// let response: http::Response<Vec<u8>> = respond(&NotFound);
/// assert_eq!(response.status(), 404);
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// ```
pub fn respond<B: From<Vec<u8>>>(error: &(impl ServiceError + ?Sized)) -> Response<B> {
    let problem = Problem::of(error);
    let cause = error.status().is_server_error().then(|| chain(error));
    let mut response = Response::new(B::from(problem.to_json()));
    *response.status_mut() = error.status().into();
    error.headers(response.headers_mut());
    set_headers(response.headers_mut());
    response.extensions_mut().insert(Report { problem, cause });
    response
}

/// What [`respond`] leaves for the layer in the extensions of the response.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) problem: Problem,
    /// The error and its sources, for the log alone.
    pub(crate) cause: Option<String>,
}

/// Puts a complete document into a response, keeping the headers that carry meaning.
pub(crate) fn write<B: From<Vec<u8>>>(response: Response<B>, problem: &Problem) -> Response<B> {
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::from_u16(problem.status).unwrap_or(parts.status);
    let about_the_body: Vec<HeaderName> =
        parts.headers.keys().filter(|name| is_about_the_body(name)).cloned().collect();
    for name in about_the_body {
        parts.headers.remove(name);
    }
    set_headers(&mut parts.headers);
    Response::from_parts(parts, B::from(problem.to_json()))
}

/// Headers that describe the body that is replaced; all others survive.
fn is_about_the_body(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::CONTENT_TYPE
            | header::CONTENT_LENGTH
            | header::CONTENT_ENCODING
            | header::CONTENT_LANGUAGE
            | header::CONTENT_DISPOSITION
            | header::CONTENT_RANGE
            | header::TRANSFER_ENCODING
            | header::ACCEPT_RANGES
            | header::ETAG
            | header::LAST_MODIFIED
            | header::CACHE_CONTROL
            | header::EXPIRES
            | header::AGE
    )
}

fn set_headers(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// The text of an error and of all that is behind it.
fn chain(error: &(impl ServiceError + ?Sized)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = Error::source(error);
    }
    text
}

impl Report {
    /// The report of a response that some framework or foreign code made.
    pub(crate) fn foreign(status: crate::ErrorStatus, cause: Option<Cow<'static, str>>) -> Self {
        Self { problem: Problem::of_status(status), cause: cause.map(Cow::into_owned) }
    }
}
