//! What an API answered.

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use ticketkit_core::Problem;

use crate::error::{Error, Failure};

/// The longest answer that is read, in bytes.
const MAX: usize = 4 * 1024 * 1024;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Bytes,
}

/// What an API refused, and the headers that belong to it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) problem: Problem,
    pub(crate) headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Reply {
    pub(super) async fn read(response: Response<Body>) -> Result<Self, Failure> {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, MAX).await.map_err(Failure::upstream)?;
        Ok(Self { status: parts.status, headers: parts.headers, body })
    }

    /// Returns the problem document, if this is one.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let refused = self.status.is_client_error() || self.status.is_server_error();
        refused.then(|| Problem::parse(&self.body).ok()).flatten()
    }

    /// Tells whether the access token was right in all but time.
    pub(super) fn is_expired(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
            && self.problem().is_some_and(|problem| problem.code.as_str() == "session_expired")
    }

    /// Returns what the answer says of its success, or the refusal.
    pub(crate) fn ok(self) -> Result<Bytes, Error> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let Some(problem) = self.problem() else {
            let text = format!("an answer of {} without a problem document", self.status);
            return Err(Failure::upstream(text).into());
        };
        let kept = [header::RETRY_AFTER, header::WWW_AUTHENTICATE];
        let headers = kept
            .into_iter()
            .filter_map(|name| self.headers.get(&name).cloned().map(|value| (name, value)))
            .collect();
        Err(Error::Refused(Box::new(Refusal { problem, headers })))
    }

    /// Reads the document of a success, or returns the refusal.
    pub(crate) fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_slice(&self.ok()?).map_err(|error| Failure::upstream(error).into())
    }
}
