use std::{borrow::Cow, error::Error, fmt::Write as _};

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::{CONTENT_TYPE, Problem};
use crate::{ErrorStatus, LogLevel, RequestId, ServiceError, layer::current};

/// Makes an HTTP response of an error, for any body type that bytes can become.
///
/// The response stands on its own. Within an [`ErrorLayer`](crate::ErrorLayer) it has the service,
/// the request id and the trace at once; made elsewhere, the layer adds them on its way out. The
/// layer logs what the client does not see.
///
/// ```
/// use ticketkit_core::{error::NotFound, respond};
///
/// let response: http::Response<Vec<u8>> = respond(&NotFound);
/// assert_eq!(response.status(), 404);
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// ```
pub fn respond<B: From<Vec<u8>>>(error: &(impl ServiceError + ?Sized)) -> Response<B> {
    let mut report = Report::of(error);
    report.rendered_for = current::complete(&mut report.problem);
    let mut response = Response::new(B::from(report.problem.to_json()));
    *response.status_mut() = error.status().into();
    error.headers(response.headers_mut());
    set_headers(response.headers_mut(), CONTENT_TYPE);
    response.extensions_mut().insert(report);
    response
}

/// What [`respond`] leaves for the layer in the extensions of the response.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) problem: Problem,
    pub(crate) log_level: LogLevel,
    /// The error and its sources, for the log alone.
    pub(crate) cause: Option<String>,
    /// The request whose layer completed the document before it was rendered.
    pub(crate) rendered_for: Option<RequestId>,
}

impl Report {
    pub(crate) fn of(error: &(impl ServiceError + ?Sized)) -> Self {
        let log_level = error.log_level();
        Self {
            problem: Problem::of(error),
            log_level,
            cause: log_level.wants_cause().then(|| chain(error)),
            rendered_for: None,
        }
    }

    /// The report of a response that some framework or foreign code made.
    pub(crate) fn foreign(status: ErrorStatus, cause: Option<Cow<'static, str>>) -> Self {
        Self {
            problem: Problem::of_status(status),
            log_level: status.log_level(),
            cause: cause.map(Cow::into_owned),
            rendered_for: None,
        }
    }
}

/// Puts a complete document into a response, keeping the headers that carry meaning.
pub(crate) fn write<B: From<Vec<u8>>>(response: &mut Response<B>, problem: &Problem) {
    if let Ok(status) = StatusCode::from_u16(problem.status) {
        *response.status_mut() = status;
    }
    let headers = response.headers_mut();
    clear(headers);
    set_headers(headers, CONTENT_TYPE);
    *response.body_mut() = B::from(problem.to_json());
}

/// Removes the headers of a body that is replaced.
pub(crate) fn clear(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| is_about_the_body(name)).cloned() {
        headers.remove(name);
    }
}

/// Headers that describe the body that is replaced, and may quote it; all others survive.
fn is_about_the_body(name: &HeaderName) -> bool {
    // These two are set anew.
    if *name == header::CONTENT_TYPE || *name == header::CACHE_CONTROL {
        return false;
    }
    let text = name.as_str();
    match text.strip_prefix("content-") {
        Some(what) => !what.starts_with("security-policy"),
        None => matches!(
            text,
            "accept-ranges"
                | "age"
                | "digest"
                | "etag"
                | "expires"
                | "last-modified"
                | "pragma"
                | "repr-digest"
                | "signature"
                | "signature-input"
                | "trailer"
                | "transfer-encoding"
                | "warning"
        ),
    }
}

pub(crate) fn set_headers(headers: &mut HeaderMap, content_type: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// The text of an error and of all that is behind it.
pub(crate) fn chain(error: &(impl Error + ?Sized)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = Error::source(error);
    }
    text
}
