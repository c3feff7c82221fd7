//! Errors for clients of gRPC, which read a status of gRPC and no document.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::{
    Problem,
    problem::{clear, set_headers},
};

/// What the type of a body of gRPC begins with.
const KIND: &[u8] = b"application/grpc";

/// Tells a call of gRPC from a request of HTTP whose body only says that it is one: such a body is
/// refused with 415 like any other that is no JSON.
///
/// A client of gRPC has to announce that it reads trailers; one of gRPC-Web cannot.
pub(super) fn is_call_of_grpc(headers: &HeaderMap) -> bool {
    let reads_trailers =
        || headers.get_all(header::TE).iter().any(|te| te.as_bytes() == b"trailers");
    kind(headers).is_some_and(|rest| rest.starts_with(b"-web") || reads_trailers())
}

/// `application/grpc`, alone or with a suffix such as `+proto` or `-web`.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    kind(headers).is_some()
}

fn kind(headers: &HeaderMap) -> Option<&[u8]> {
    let kind = headers.get(header::CONTENT_TYPE)?.as_bytes().strip_prefix(KIND)?;
    matches!(kind.first(), None | Some(b'+' | b'-' | b';' | b' ')).then_some(kind)
}

/// Makes the response one with nothing but trailers. Its message is the code of the error; headers
/// that carry meaning stay, and are metadata for the client.
pub(super) fn write<B: From<Vec<u8>>>(response: &mut Response<B>, problem: &Problem) {
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    clear(headers);
    set_headers(headers, "application/grpc");
    headers.insert("grpc-status", HeaderValue::from(status(problem.status)));
    if let Ok(code) = HeaderValue::from_str(problem.code.as_str()) {
        headers.insert("grpc-message", code);
    }
    *response.body_mut() = B::from(Vec::new());
}

/// Returns the status of gRPC that says the same as one of HTTP.
const fn status(http: u16) -> u16 {
    match http {
        401 => 16,
        403 => 7,
        404 | 410 => 5,
        405 | 501 => 12,
        408 | 504 => 4,
        409 => 10,
        412 => 9,
        413 | 429 => 8,
        502 | 503 => 14,
        400..=499 => 3,
        _ => 13,
    }
}
