use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, header};

use super::{CallError, RemoteError, RetryAfter};
use crate::{Code, ErrorStatus, FieldError, Problem, ServiceError};

/// An error of a service behind this one, as this one's own client learns of it.
///
/// - A 5xx, and a service that cannot be reached, is 502 `upstream_failed`; no answer in time, and
///   a 504 of the service, is 504 `timeout`.
/// - A 401 or 403 is 502 as well: it is about this service's credential, and must not sign the
///   user out. Where the call carried the user's own, say so by [`as_user`](Self::as_user).
/// - Any other 4xx is 502, too, unless its code is [passed](Self::pass): what this service asked
///   wrongly is no fault of its client. One that is passed keeps its status, service, code and
///   texts.
///
/// `Retry-After` survives.
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use ticketkit_core::{ServiceError, client::RemoteError, error::NotFound, respond};
///
/// let answer: http::Response<Vec<u8>> = respond(&NotFound);
/// let error = RemoteError::check(answer).unwrap_err();
///
/// let hidden = error.clone().upstream();
/// assert_eq!((hidden.status().as_u16(), hidden.code().as_str()), (502, "upstream_failed"));
/// let passed = error.upstream().pass(["not_found"]);
/// assert_eq!((passed.status().as_u16(), passed.code().as_str()), (404, "not_found"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("an upstream failed")]
#[must_use = "an error tells nobody anything until it is returned"]
pub struct Upstream {
    source: CallError,
    passes: bool,
    is_user: bool,
}

impl Upstream {
    /// Takes what a call ended with.
    pub fn new(error: impl Into<CallError>) -> Self {
        Self { source: error.into(), passes: false, is_user: false }
    }

    /// Passes a 4xx with one of these codes on as it is; never a 401 or 403 of a credential of
    /// this service.
    pub fn pass<'a>(mut self, codes: impl IntoIterator<Item = &'a str>) -> Self {
        let code = self.source.answer().and_then(RemoteError::code).map(Code::as_str);
        self.passes |= code.is_some_and(|code| codes.into_iter().any(|passed| passed == code));
        self
    }

    /// Says that the call carried the credential of the user on whose behalf it was made: then a
    /// 401 or 403 is for the user, and is passed on.
    pub fn as_user(mut self) -> Self {
        self.is_user = true;
        self
    }

    /// Returns what the call ended with.
    #[must_use]
    pub fn call(&self) -> &CallError {
        &self.source
    }

    /// The answer that is passed on, if it is.
    fn passed(&self) -> Option<&RemoteError> {
        let answer = self.source.answer()?;
        let passes = match answer.status().as_u16() {
            401 | 403 => self.is_user,
            400..500 => self.passes,
            _ => false,
        };
        passes.then_some(answer)
    }

    fn problem(&self) -> Option<&Problem> {
        self.passed()?.problem()
    }
}

impl ServiceError for Upstream {
    fn status(&self) -> ErrorStatus {
        if let Some(answer) = self.passed() {
            return answer.status();
        }
        match &self.source {
            CallError::TimedOut => ErrorStatus::GATEWAY_TIMEOUT,
            CallError::Answered(answer) if answer.status() == ErrorStatus::GATEWAY_TIMEOUT => {
                ErrorStatus::GATEWAY_TIMEOUT
            }
            _ => ErrorStatus::BAD_GATEWAY,
        }
    }

    fn code(&self) -> Code {
        let own = || Code::new(self.status().generic().0);
        self.problem().map_or_else(own, |problem| problem.code.clone())
    }

    fn title(&self) -> Cow<'static, str> {
        let own = || self.status().generic().1.into();
        self.problem().map_or_else(own, |problem| problem.title.clone())
    }

    fn detail(&self) -> Option<String> {
        self.problem()?.detail.as_deref().map(str::to_owned)
    }

    fn errors(&self) -> Vec<FieldError> {
        self.problem().map_or_else(Vec::new, |problem| problem.errors.clone())
    }

    fn headers(&self, headers: &mut HeaderMap) {
        match self.source.answer().and_then(RemoteError::retry_after) {
            Some(RetryAfter::Delay(delay)) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(delay.as_secs()));
            }
            // A date is measured by a clock that is not ours; a client reads seconds everywhere.
            Some(at @ RetryAfter::At(_)) => {
                let delay = at.delay(std::time::SystemTime::now());
                headers.insert(header::RETRY_AFTER, HeaderValue::from(delay.as_secs()));
            }
            None => {}
        }
        if let Some(challenge) = self.passed().and_then(|answer| answer.challenge.clone()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
    }

    fn service(&self) -> Option<Cow<'static, str>> {
        self.problem()?.service.clone()
    }

    fn is_retryable(&self) -> bool {
        self.source.is_retryable()
    }

    fn entries() -> Vec<crate::catalogue::Entry> {
        use crate::catalogue::Entry;
        vec![
            Entry::of_status(ErrorStatus::BAD_GATEWAY),
            Entry::of_status(ErrorStatus::GATEWAY_TIMEOUT),
        ]
    }
}

crate::__into_response!([] [Upstream] []);
crate::__into_responses!([] [Upstream] []);
