use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::{ForeignBody, RemoteError, RetryAfter, remote::Said};
use crate::{ErrorStatus, Problem, RequestId, problem::CONTENT_TYPE, request_id::X_REQUEST_ID};

impl RemoteError {
    /// Reads an answer; none if its status is below 400.
    ///
    /// Of the body at most [`MAX_BODY`](super::MAX_BODY) bytes have to be read: a longer one is no
    /// problem, and is summarised.
    #[must_use]
    pub fn from_parts(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let status = ErrorStatus::try_from(status).ok()?;
        let problem = if is_problem(headers) { Problem::parse(body).ok() } else { None };
        let said =
            problem.map_or_else(|| Said::Foreign(ForeignBody::of(headers, body)), Said::Problem);
        let request_id =
            headers.get(X_REQUEST_ID).and_then(RequestId::parse).or_else(|| instance(&said));
        Some(Self {
            status,
            said: Box::new(said),
            retry_after: RetryAfter::of(headers),
            request_id,
            challenge: headers.get(header::WWW_AUTHENTICATE).cloned(),
        })
    }

    /// Reads a response whose body was collected already; gives it back if it is no error.
    ///
    /// # Errors
    ///
    /// The error that the response tells of.
    pub fn check<B: AsRef<[u8]>>(response: Response<B>) -> Result<Response<B>, Self> {
        let error =
            Self::from_parts(response.status(), response.headers(), response.body().as_ref());
        match error {
            Some(error) => Err(error),
            None => Ok(response),
        }
    }
}

/// The content type must say so: a body that only looks like a problem may be anything.
fn is_problem(headers: &HeaderMap) -> bool {
    let essence = |kind: &HeaderValue| {
        let kind = kind.to_str().unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(CONTENT_TYPE)
    };
    headers.get(header::CONTENT_TYPE).is_some_and(essence)
}

fn instance(said: &Said) -> Option<RequestId> {
    let Said::Problem(problem) = said else { return None };
    let id = problem.instance.as_deref()?.strip_prefix("urn:uuid:")?;
    RequestId::parse(&HeaderValue::from_str(id).ok()?)
}
